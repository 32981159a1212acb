"""`sweepfarm`: one command, whose verbs live in the rooms they belong to."""

import os
import sys
from importlib import import_module

import click
from typing_extensions import override

from agent.tracking.directory import CANNOT_WRITE
from sweepfarm.machine.endpoint import point_at_server

VERBS: dict[str, str] = {
    "check": "sweepfarm.verbs.check:check",
    "sweep": "sweepfarm.verbs.sweep:sweep",
    "register": "sweepfarm.verbs.register:register",
    "train": "agent.cli:train",
    "agent": "sweepfarm.verbs.agent:agent",
    "server": "server.cli:server",
    "follow": "sweepfarm.verbs.follow:follow",
    "report": "analysis.cli:report",
    "confirm": "sweepfarm.verbs.confirm:confirm",
    "compare": "analysis.cli:compare",
    "score": "rewards.cli:score",
}
"""Verb and where its command is; imported only when used, so that no verb waits for another's libraries."""


class LazyGroup(click.Group):
    """A group that imports a verb's module when the verb is asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order a user meets them."""
        return list(VERBS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a verb."""
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sweepfarm")
def cli() -> None:
    """Tune GRPO fine-tuning of small language models by sweeps, with or without a W&B account.

    \b
    Example, everything on this machine:
      sweepfarm sweep sweep_config.yaml --overlay sweeps/overlays/cpu.yaml --agents 2
    """
    point_at_server(os.environ)


def main() -> None:
    """Entry point of the console command.

    A full or read-only disk is the user's to mend: it is said in one line, whichever verb met it.
    """
    try:
        cli()
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        click.echo(f"Error: cannot write {error.filename or 'output'}: {error.strerror}", err=True)
        sys.exit(1)
