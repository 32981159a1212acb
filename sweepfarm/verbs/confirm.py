"""`sweepfarm confirm`: run the best configurations of a sweep again on fresh seeds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import Console

    from analysis.confirm.plan import Plan
    from sweepfarm.machine.local_server import Endpoint


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

    Two more configurations run on the same seeds with the same budget: the default one (the sweep's constant
    parameters, and the program's own values for everything that is searched), and the best random one (the
    best of the runs that were drawn at random: all runs of a random sweep, the first 10 of a Bayesian one).
    Each configuration is an ordinary grid sweep over `seed` in the same project.

    After an interruption, give the same command again: it keeps the runs that are done and makes the others.

    Uses the server that WANDB_BASE_URL and WANDB_API_KEY name; without a key, the server of `sweepfarm sweep`
    in RUNS.

    \b
    Examples:
      sweepfarm confirm me/plasmid/x3k9q2ab --top 2 --seeds 3
      sweepfarm confirm me/plasmid/x3k9q2ab --agents 0    # then, when the agents are done:
      sweepfarm confirm me/plasmid/x3k9q2ab --read --json
    """
    import os
    import signal

    from rich.console import Console

    from analysis.confirm.output import print_confirmation
    from analysis.errors import AnalysisError
    from sweepfarm.errors import UserError
    from sweepfarm.machine.processes import interrupt
    from sweepfarm.running.confirmation import read_plan, write_result

    signal.signal(signal.SIGTERM, interrupt)
    out = out or runs / f"confirm-{sweep.rstrip('/').rsplit('/', 1)[-1]}"
    console = Console(stderr=as_json)
    try:
        with _server(runs, stays=agents == 0 and not read) as endpoint:
            os.environ.update(endpoint.environment)
            if read:
                plan = read_plan(out)
                if plan is None:
                    raise UserError(
                        f"there is no plan in {out}: register a confirmation first, without --read"
                    )
            else:
                plan = _run(sweep, top, seeds, agents, runs, out, console)
                if plan is None:
                    return
            data = write_result(plan, out)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise UserError("interrupted; the same command goes on where this one stopped") from None
    if as_json:
        click.echo((out / "confirmation.json").read_text(), nl=False)
    else:
        print_confirmation(data, console)


def _run(
    sweep: str, top: int, seeds: int, agents: int, runs: Path, out: Path, console: "Console"
) -> "Plan | None":
    """The plan in `out`, made if needed, after its runs; None if agents elsewhere still have to make them."""
    import os

    from sweepfarm.running import confirmation as steps
    from sweepfarm.running.farm import run_agents

    def have_made(plan: "Plan", paths: list[str]) -> None:
        for path in paths:
            if not agents:
                click.echo(f"wandb agent {path}")
                continue
            console.print(f"{plan.label_of(path)}: {path}")
            folder = out / path.rsplit("/", 1)[1]
            run_agents(path, min(agents, seeds), folder, runs, os.environ, console)

    plan = steps.read_plan(out)
    if plan is None:
        plan = steps.make_plan(sweep, top, seeds, out)
    steps.require_same(plan, sweep, top, seeds, out)
    plan = steps.register_plan(plan, out, os.environ)
    goes_on, left = steps.has_begun(plan), steps.unfinished(plan)
    have_made(plan, left)
    new: list[str] = []
    if goes_on:
        if agents:
            steps.wait_for_runs(plan, console)
        plan = steps.replace_lost(plan, out, os.environ, keep=() if agents else left)
        new = [path for path in steps.unfinished(plan) if path not in left]
        have_made(plan, new)
    return None if (left or new) and not agents else plan


def _server(runs: Path, stays: bool) -> "AbstractContextManager[Endpoint]":
    """The server that the environment names, or else the embedded one of the sweeps in `runs`."""
    from contextlib import nullcontext

    from sweepfarm.errors import UserError
    from sweepfarm.machine.local_server import local_server, outer_server

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
