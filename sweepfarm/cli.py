"""The `sweepfarm` command. Each verb is defined in its room and imported when it is used."""

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
    "sample": "agent.designs.cli:sample",
    "score": "rewards.cli:score",
}
"""Each verb and where its command is. Imported when used, so that no verb waits for another's imports."""


class LazyGroup(click.Group):
    """A group that imports the module of a verb when the verb is used."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order in which a user needs them."""
        return list(VERBS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb; None if there is no such verb."""
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

    If the disk is full or read-only, every verb ends with a one-line error instead of a traceback.
    """
    try:
        cli()
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        click.echo(f"Error: cannot write {error.filename or 'output'}: {error.strerror}", err=True)
        sys.exit(1)
