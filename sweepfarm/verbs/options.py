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
"""The folder that the verbs of a farm share; each says in `help` what it does with it."""
