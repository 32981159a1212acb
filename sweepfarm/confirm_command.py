"""`sweepfarm confirm`: the best configurations of a sweep once more, on seeds that nobody tuned on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sweepfarm.local_server import Endpoint


@click.command(name="confirm")
@click.argument("sweep", metavar="ENTITY/PROJECT/SWEEP")
@click.option("--top", type=click.IntRange(min=1), default=2, show_default=True, help="Best ones to confirm.")
@click.option("--seeds", type=click.IntRange(min=2), default=3, show_default=True, help="Runs of each.")
@click.option(
    "--agents",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Agents to run here; 0 registers, and says what to run elsewhere.",
)
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Output of runs."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for plan.json and confirmation.json.  [default: RUNS/confirm-SWEEP]",
)
@click.option("--read", is_flag=True, help="Only read the result of what was registered before.")
@click.option("--json", "as_json", is_flag=True, help="Print confirmation.json instead of the table.")
def confirm(
    sweep: str, top: int, seeds: int, agents: int, runs: Path, out: Path | None, read: bool, as_json: bool
) -> None:
    """Run the best configurations of a sweep on fresh seeds, and say whether they hold.

    Beside them run the default configuration (the sweep's constant parameters, the program's own values for
    everything searched) and the best random one (the best of the runs that the search drew at random: all of
    a random sweep, the first 10 of a Bayesian one), on the same seeds and with the same budget. Each is an
    ordinary grid sweep over `seed`, in the same project.

    Works on the server that WANDB_BASE_URL and WANDB_API_KEY name; without a key, on that of `sweepfarm
    sweep` in RUNS.

    \b
    Examples:
      sweepfarm confirm me/plasmid/x3k9q2ab --top 2 --seeds 3
      sweepfarm confirm me/plasmid/x3k9q2ab --agents 0    # then, when the agents are done:
      sweepfarm confirm me/plasmid/x3k9q2ab --read --json
    """
    import os
    import signal

    from rich.console import Console

    from analysis.confirm_text import print_confirmation
    from analysis.errors import AnalysisError
    from sweepfarm.confirm import make_plan, read_plan, run_plan, write_result
    from sweepfarm.farm_command import interrupt

    signal.signal(signal.SIGTERM, interrupt)
    out = out or runs / f"confirm-{sweep.rstrip('/').rsplit('/', 1)[-1]}"
    console = Console(stderr=as_json)
    try:
        with _server(runs, stays=agents == 0 and not read) as endpoint:
            os.environ.update(endpoint.environment)
            if read:
                plan = read_plan(out)
            else:
                plan = make_plan(sweep, top, seeds, out, os.environ)
                if agents == 0:
                    for path in plan.sweeps:
                        click.echo(f"wandb agent {path}")
                    return
                run_plan(plan, agents, out, runs, os.environ, console)
            data = write_result(plan, out)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo((out / "confirmation.json").read_text(), nl=False)
    else:
        print_confirmation(data, console)


def _server(runs: Path, stays: bool) -> AbstractContextManager[Endpoint]:
    """The server to work on: that of the environment, else the embedded one of the sweeps in `runs`."""
    from contextlib import nullcontext

    from sweepfarm.errors import UserError
    from sweepfarm.local_server import local_server, outer_server

    outer = outer_server()
    if outer:
        return nullcontext(outer)
    if not (runs / "server").is_dir():
        raise UserError(
            f"no server: set WANDB_API_KEY, or give as --runs a folder of `sweepfarm sweep` (not {runs})"
        )
    if stays:
        raise UserError("--agents 0 needs a server that stays: set WANDB_BASE_URL and WANDB_API_KEY")
    return local_server(runs / "server", port=0, seed=0)
