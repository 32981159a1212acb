"""From a configuration to its task."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import task_entry
from agent.tasks.base import Task, TaskMaker
from rewards.compose import SuiteError
from rewards.registry import load_suite


def task_maker(name: str) -> TaskMaker:
    """How the task of a name is made; only that task is imported.

    Raises:
        ConfigError: there is none of that name.
    """
    module, _, attribute = task_entry(name).maker.partition(":")
    maker: TaskMaker = getattr(import_module(module), attribute)
    return maker


def build_task(config: RunConfig) -> Task:
    """Build the task that `config.task` names, with the rewards of `config.suite` where that is given.

    Raises:
        ConfigError: the suite cannot be used, or the model's prompts cannot be had.
    """
    task = task_maker(config.task).build(config)
    if config.suite is None:
        return task
    try:
        suite = load_suite(Path(config.suite))
    except SuiteError as error:
        raise ConfigError(f"`suite`: {error}") from error
    return replace(task, training_suite=suite, monitored=tuple(suite.monitored))
