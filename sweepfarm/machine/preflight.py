"""The checks of this machine and of the reward before runs start."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.config.variant import VARIANT
from agent.preflight.check import Check
from server.search.space import parse_sweep_config
from sweepfarm.definition.values import all_values, has_adapters
from sweepfarm.errors import UserError

_SIZES = ("per_device_train_batch_size", "num_generations")
"""Parameters that increase the memory of a run."""
_COLOUR = {"ok": "green", "warning": "yellow", "error": "red"}


def largest_run(sweep: Mapping[str, Any]) -> RunConfig:
    """Configuration of the run that needs the most memory: the constants, and the largest sizes."""
    spec = parse_sweep_config(sweep)
    values = {n: d.values_or_bounds[0] for n, d in spec.parameters.items() if d.is_constant}
    values.pop(VARIANT, None)
    values |= {name: max(sizes) for name in _SIZES if (sizes := all_values(spec, name))}
    return RunConfig.from_params(values)


def preflight(sweep: Mapping[str, Any], runs: Path, agents_here: int = 1) -> list[Check]:
    """Results of the checks of device, memory, disk and reward, for the largest run of a sweep.

    Args:
        sweep: Content of a sweep that `check_sweep` accepts.
        runs: Folder where runs are saved.
        agents_here: Number of agents that share the machine.
    """
    from agent.preflight.machine import check_device, check_disk, check_memory
    from agent.preflight.memory import model_shape
    from agent.preflight.reward import check_reward
    from agent.tasks.build import build_task
    from agent.training.lifecycle.adapters import check_adapters

    largest = largest_run(sweep)
    task = build_task(largest)
    if has_adapters(parse_sweep_config(sweep)):
        check_adapters(task.model_path)
    shape = model_shape(task.model_path)
    return [
        check_device(),
        check_memory(shape, largest, agents_here),
        check_disk(runs, shape, agents_here),
        check_reward(task.training_suite, task.known_good, task.known_bad),
    ]


def report_checks(sweep: Mapping[str, Any], runs: Path, agents_here: int) -> None:
    """Run the checks and print the result of each on one line.

    Raises:
        click.ClickException: If a check finds that runs cannot work here.
    """
    try:
        checks = preflight(sweep, runs, agents_here)
    except ConfigError as error:
        raise UserError(str(error)) from None
    console = Console(stderr=True, soft_wrap=True)
    for check in checks:
        colour = _COLOUR[check.level]
        console.print(f"[{colour}]{check.level}[/{colour}] {check.name}: {check.text}", highlight=False)
    errors = [check for check in checks if check.level == "error"]
    if errors:
        raise click.ClickException(f"runs cannot work here: {errors[0].name}: {errors[0].text}")
