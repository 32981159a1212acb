"""Finds tasks by name: our own, those of installed packages, and those in a file."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from agent.config.errors import ConfigError
from rewards.config import RewardConfig
from rewards.nearest import unknown_key_message
from rewards.plugins import (
    PluginError,
    from_entry_point,
    from_file,
    installed,
    is_file_reference,
    refuse_built_in_name,
)
from rewards.quality import Quality

ENTRY_POINTS = "sweepfarm.tasks"
"""Entry point group in which installed packages register tasks."""

OVERLAYS = Path(__file__).parents[2] / "sweeps" / "overlays"
"""Folder of the overlays with the small budgets of our tasks."""


@dataclass(frozen=True)
class OwnCorpus:
    """How a task uses a user's corpus, which the parameter `corpus` names.

    Attributes:
        description: Reads and splits the corpus of a `RunConfig`, and returns one line about it. Raises
            `ConfigError` if it cannot be used.
        starter: Returns the `agent.tasks.starter.Starter` that is trained on it.
    """

    description: Callable[[Any], str]
    starter: Callable[[str], Any]


@dataclass(frozen=True)
class TaskDefinition:
    """Everything that the rest of the project needs to know about a task. Its module defines it as `TASK`.

    The module is imported to read a configuration, so it must not import torch or transformers at the top.
    `build` and `starter` import what they need when they are called.

    Attributes:
        reward: Class of the task's reward parameters; its fields are named `reward_...`.
        monitored: Names of components whose statistics are logged at each step, even with weight 0.
        build: Returns the `agent.tasks.base.Task` for a `RunConfig`: model, prompts, suites.
        starter: Returns the `agent.tasks.starter.Starter` that is used for `model: starter`.
        quality: Class of the task's quality control, whose figures are logged as `qc/...`; None without one.
        small_budget: YAML overlay with a budget for two CPU cores, for `sweepfarm sweep --small`.
        own_corpus: How the task uses a user's corpus; `None` if it cannot.
        sandboxed: Whether the rewards run programs in processes and threads of their own, which would not
            exist in a forked process.
    """

    reward: type[RewardConfig]
    monitored: tuple[str, ...]
    build: Callable[[Any], Any]
    starter: Callable[[], Any]
    quality: type[Quality] | None = None
    small_budget: Path | None = None
    own_corpus: OwnCorpus | None = None
    sandboxed: bool = False


@cache
def our_tasks() -> dict[str, str]:
    """Task name → module, for every task of this package: `agent/tasks/NAME/task.py`."""
    files = sorted((Path(__file__).parents[1] / "tasks").glob("*/task.py"))
    return {file.parent.name: f"agent.tasks.{file.parent.name}.task" for file in files}


def task_definition(name: object) -> TaskDefinition:
    """The definition of the task called `name`.

    Args:
        name: Name of one of our tasks or of a task in an installed package, or `file.py:TASK`. The file is
            looked up in the current folder and executed.

    Raises:
        ConfigError: If there is no such task (the message names the nearest one), or its definition cannot be
            imported or is not a `TaskDefinition`.
    """
    if not isinstance(name, str):
        raise ConfigError(unknown_key_message("task", str(name), our_tasks()))
    try:
        return _load(name, Path.cwd())
    except PluginError as error:
        raise ConfigError(f"`task`: {error}") from error


@cache  # executing a file again would create a second reward class for the same task
def _load(name: str, folder: Path) -> TaskDefinition:
    if name in our_tasks():
        refuse_built_in_name(name, ENTRY_POINTS)
        definition: object = importlib.import_module(our_tasks()[name]).TASK
    elif is_file_reference(name):
        definition = from_file(name, folder)
    else:
        packages = installed(ENTRY_POINTS)
        if name not in packages:
            raise ConfigError(unknown_key_message("task", name, {*our_tasks(), *packages}))
        definition = from_entry_point(packages[name])
    if not isinstance(definition, TaskDefinition):
        raise PluginError(f"{name} is a {type(definition).__name__}, not a TaskDefinition")
    return definition
