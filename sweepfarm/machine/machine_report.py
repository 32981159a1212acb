"""Says what the checks of this machine found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sweepfarm.machine.preflight import preflight

_COLOUR = {"ok": "green", "warning": "yellow", "error": "red"}


def say(sweep: Mapping[str, Any], runs: Path, agents_here: int) -> None:
    """Print each check on a line.

    Raises:
        click.ClickException: one of them says that runs could not work.
    """
    checks = preflight(sweep, runs, agents_here)
    console = Console(stderr=True, soft_wrap=True)
    for check in checks:
        colour = _COLOUR[check.level]
        console.print(f"[{colour}]{check.level}[/{colour}] {check.name}: {check.text}", highlight=False)
    broken = [check for check in checks if check.level == "error"]
    if broken:
        raise click.ClickException(f"no run is taken: {broken[0].name}: {broken[0].text}")
