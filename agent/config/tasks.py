"""Tasks by name: our own, those of installed packages, and those in a file."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agent.config.errors import ConfigError
from rewards.config import RewardConfig
from rewards.nearest import unknown_key_message
from rewards.plugins import PluginError, from_entry_point, from_file, installed, is_file_reference

ENTRY_POINTS = "sweepfarm.tasks"
"""Group of the entry points by which installed packages add tasks."""

OVERLAYS = Path(__file__).parents[2] / "sweeps" / "overlays"
"""Folder of our tasks' small budgets."""


@dataclass(frozen=True)
class TaskDefinition:
    """Everything that the project has to know about a task. A module registers a task as its `TASK`.

    That module is imported to read a configuration, so it must not import torch or transformers at its top.
    `build` and `starter` import what they need when they are called.

    Attributes:
        reward: The task's reward parameters, as fields named `reward_...`.
        monitored: Components whose statistics are logged at each step, whatever their weight.
        build: Returns the `agent.tasks.base.Task` of a `RunConfig`: model, prompts, suites.
        starter: Returns the `agent.tasks.starter.Starter` that `model: starter` stands for.
        small_budget: YAML overlay with a budget for two CPU cores (`sweepfarm sweep --small`).
        sandboxed: Whether the rewards run programs in processes and threads of their own, which a fork does
            not inherit.
    """

    reward: type[RewardConfig]
    monitored: tuple[str, ...]
    build: Callable[[Any], Any]
    starter: Callable[[], Any]
    small_budget: Path | None = None
    sandboxed: bool = False


@cache
def our_tasks() -> dict[str, str]:
    """Module of every task of this package by the name of the task: `agent/tasks/NAME/task.py`."""
    files = sorted((Path(__file__).parents[1] / "tasks").glob("*/task.py"))
    return {file.parent.name: f"agent.tasks.{file.parent.name}.task" for file in files}


def task_definition(name: object) -> TaskDefinition:
    """The definition of the task called `name`.

    Args:
        name: Name of one of our tasks, of an installed package's, or `file.py:TASK`, the file looked up in
            the current folder and executed.

    Raises:
        ConfigError: If nothing has that name (the message says which is nearest), or what has it cannot be
            imported or is no `TaskDefinition`.
    """
    if not isinstance(name, str):
        raise ConfigError(unknown_key_message("task", str(name), our_tasks()))
    try:
        return _load(name, Path.cwd())
    except PluginError as error:
        raise ConfigError(f"`task`: {error}") from error


@cache  # a task has one reward class: a file must not be executed twice
def _load(name: str, folder: Path) -> TaskDefinition:
    if name in our_tasks():
        found: object = importlib.import_module(our_tasks()[name]).TASK
    elif is_file_reference(name):
        found = from_file(name, folder)
    else:
        packages = installed(ENTRY_POINTS)
        if name not in packages:
            raise ConfigError(unknown_key_message("task", name, {*our_tasks(), *packages}))
        found = from_entry_point(packages[name])
    if not isinstance(found, TaskDefinition):
        raise PluginError(f"{name} is a {type(found).__name__}, not a TaskDefinition")
    return found
