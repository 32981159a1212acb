"""From a configuration to its task."""

from collections.abc import Callable

from agent.config.run import RunConfig
from agent.tasks.base import Task
from agent.tasks.plasmid.task import plasmid_task

_BUILDERS: dict[str, Callable[[RunConfig], Task]] = {"plasmid": plasmid_task}


def build_task(config: RunConfig) -> Task:
    """Build the task that `config.task` names."""
    return _BUILDERS[config.task](config)
