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
@click.option(
    "--top", type=click.IntRange(min=1), default=2, show_default=True, help="Best configurations to confirm."
)
@click.option(
    "--seeds", type=click.IntRange(min=2), default=3, show_default=True, help="Runs of each configuration."
)
@click.option(
    "--agents",
    type=click.IntRange(min=0),
    default=2,
    show_default=True,
    help="Agents to run here. 0: only register, and print the commands to run elsewhere.",
)
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Folder of runs."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for plan.json and confirmation.json.  [default: RUNS/confirm-SWEEP]",
)
@click.option("--read", is_flag=True, help="Only read the result of a confirmation that ran elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="Print confirmation.json instead of the table.")
def confirm(
    sweep: str, top: int, seeds: int, agents: int, runs: Path, out: Path | None, read: bool, as_json: bool
) -> None:
    """Run the best configurations of a sweep again on fresh seeds, and test whether they are better.

    Two more configurations run on the same seeds with the same budget. The default one has the sweep's
    constant parameters, and the program's defaults for all searched ones. The best random one is the best of
    the runs that were drawn at random: all runs of a random sweep, the first 10 of a Bayesian one. Each
    configuration is an ordinary grid sweep over `seed` in the same project.

    After an interruption, run the same command again: it keeps the finished runs and makes the others.

    Uses the server that WANDB_BASE_URL and WANDB_API_KEY name. Without a key, it starts the embedded server
    on the data that `sweepfarm sweep` left in RUNS.

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
        with _server(runs, must_stay=agents == 0 and not read) as endpoint:
            os.environ.update(endpoint.environment)
            if read:
                plan = read_plan(out)
                if plan is None:
                    raise UserError(f"no plan in {out}: register a confirmation first, without --read")
            else:
                plan = _run(sweep, top, seeds, agents, runs, out, console)
                if plan is None:
                    return
            data = write_result(plan, out)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise UserError("interrupted; run the same command again to continue") from None
    if as_json:
        click.echo((out / "confirmation.json").read_text(), nl=False)
    else:
        print_confirmation(data, console)


def _run(
    sweep: str, top: int, seeds: int, agents: int, runs: Path, out: Path, console: "Console"
) -> "Plan | None":
    """The plan in `out`, made if needed, once its runs are done; None if runs have to be made elsewhere."""
    import os

    from sweepfarm.running import confirmation as steps
    from sweepfarm.running.farm import run_agents

    def make_runs(plan: "Plan", paths: list[str]) -> None:
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
    resumed, unfinished = steps.has_begun(plan), steps.unfinished(plan)
    make_runs(plan, unfinished)
    new: list[str] = []
    if resumed:
        if agents:
            steps.wait_for_runs(plan, console)
        plan = steps.replace_lost(plan, out, os.environ, keep=() if agents else unfinished)
        new = [path for path in steps.unfinished(plan) if path not in unfinished]
        make_runs(plan, new)
    return None if (unfinished or new) and not agents else plan


def _server(runs: Path, must_stay: bool) -> "AbstractContextManager[Endpoint]":
    """The server that the environment names, or else the embedded one on the data in `runs`.

    With `must_stay`, the embedded one is refused: it ends with this command, but agents elsewhere need it.
    """
    from contextlib import nullcontext

    from sweepfarm.errors import UserError
    from sweepfarm.machine.local_server import local_server, outer_server

    outer = outer_server()
    if outer:
        return nullcontext(outer)
    if not (runs / "server").is_dir():
        raise UserError(
            f"no server: set WANDB_API_KEY, or set --runs to a folder of `sweepfarm sweep` (not {runs})"
        )
    if must_stay:
        raise UserError("--agents 0 needs a server that keeps running: set WANDB_BASE_URL and WANDB_API_KEY")
    return local_server(runs / "server", port=0, seed=0)
