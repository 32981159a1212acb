"""Builds the task of a run from its configuration."""

from dataclasses import replace
from pathlib import Path

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import task_definition
from agent.tasks.base import Task
from rewards.compose import SuiteError
from rewards.registry import load_suite


def build_task(config: RunConfig) -> Task:
    """The task `config.task`, with the training reward of `config.suite` if that is set.

    Raises:
        ConfigError: If the suite is invalid, or the data of the task cannot be downloaded or is too small.
    """
    task: Task = task_definition(config.task).build(config)
    if config.suite is None:
        return task
    try:
        suite = load_suite(Path(config.suite))
    except SuiteError as error:
        raise ConfigError(f"`suite`: {error}") from error
    return replace(task, training_suite=suite, monitored=tuple(suite.monitored))
