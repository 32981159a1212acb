"""The checks before a sweep that need this machine: device, memory, disk, reward."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from agent.config.run import RunConfig
from agent.config.variant import VARIANT
from agent.preflight.check import Check
from server.search.space import parse_sweep_config
from sweepfarm.definition.values import all_values

_SIZES = ("per_device_train_batch_size", "num_generations")
"""Searched parameters that memory grows with."""
_COLOUR = {"ok": "green", "warning": "yellow", "error": "red"}


def largest_run(sweep: Mapping[str, Any]) -> RunConfig:
    """The run of a sweep that needs the most memory: constants as they are, sizes at their largest."""
    spec = parse_sweep_config(sweep)
    values = {n: d.values_or_bounds[0] for n, d in spec.parameters.items() if d.is_constant}
    values.pop(VARIANT, None)
    values |= {name: max(found) for name in _SIZES if (found := all_values(spec, name))}
    return RunConfig.from_params(values)


def preflight(sweep: Mapping[str, Any], runs: Path, agents_here: int = 1) -> list[Check]:
    """Checks of this machine and of the reward, for the largest run of a sweep.

    Args:
        sweep: Content of a checked sweep.
        runs: Folder where runs would be saved.
        agents_here: Agents that share the machine.
    """
    from agent.preflight.machine import check_device, check_disk, check_memory
    from agent.preflight.memory import model_shape
    from agent.preflight.reward import check_reward
    from agent.tasks.build import build_task

    largest = largest_run(sweep)
    task = build_task(largest)
    shape = model_shape(task.model_path)
    return [
        check_device(),
        check_memory(shape, largest, agents_here),
        check_disk(runs, shape, agents_here),
        check_reward(task.training_suite, task.known_good, task.known_bad),
    ]


def report_checks(sweep: Mapping[str, Any], runs: Path, agents_here: int) -> None:
    """Run the checks and print each on a line.

    Raises:
        click.ClickException: If one of them says that runs cannot work here.
    """
    checks = preflight(sweep, runs, agents_here)
    console = Console(stderr=True, soft_wrap=True)
    for check in checks:
        colour = _COLOUR[check.level]
        console.print(f"[{colour}]{check.level}[/{colour}] {check.name}: {check.text}", highlight=False)
    broken = [check for check in checks if check.level == "error"]
    if broken:
        raise click.ClickException(f"no run is taken: {broken[0].name}: {broken[0].text}")
