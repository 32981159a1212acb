"""From a run's configuration to its task."""

from dataclasses import replace
from pathlib import Path

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.tasks import task_definition
from agent.tasks.base import Task
from rewards.compose import SuiteError
from rewards.registry import load_suite


def build_task(config: RunConfig) -> Task:
    """The task that `config.task` names, trained on the rewards of `config.suite` if that is given.

    Raises:
        ConfigError: If the suite cannot be used, or the model's prompts cannot be had.
    """
    task: Task = task_definition(config.task).build(config)
    if config.suite is None:
        return task
    try:
        suite = load_suite(Path(config.suite))
    except SuiteError as error:
        raise ConfigError(f"`suite`: {error}") from error
    return replace(task, training_suite=suite, monitored=tuple(suite.monitored))
