"""Options that several verbs share."""

from functools import partial
from pathlib import Path

import click

runs_of_a_farm = partial(
    click.option,
    "--runs",
    type=click.Path(path_type=Path),
    envvar="SWEEPFARM_RUNS",
    default=Path("runs"),
    show_default=True,
)
"""Decorator that adds `--runs`, the folder of runs; each verb passes as `help` what it writes there."""
