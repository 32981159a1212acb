"""`sweepfarm follow`: wait until a sweep is over, then report on it."""

from pathlib import Path

import click

from sweepfarm.verbs.options import runs_of_a_farm


@click.command(name="follow")
@click.argument("sweep", envvar="SWEEP_ID", default="")
@runs_of_a_farm(help="The report is written to RUNS/SWEEP, and RUNS/latest links there.")
def follow(sweep: str, runs: Path) -> None:
    """Wait until SWEEP (entity/project/id) is over, then report on it.

    Without SWEEP, the environment variable SWEEP_ID is used, or else the latest registered sweep. Prints the
    number of runs in each state whenever it changes. If the server does not answer, it keeps waiting.

    \b
    Example:
      sweepfarm follow local/plasmid-grpo-sweeps/abc123xy
    """
    from rich.console import Console

    from analysis.errors import AnalysisError
    from analysis.report.report import write_report
    from sweepfarm.errors import UserError
    from sweepfarm.running.designs import designs_in
    from sweepfarm.running.following import wait_until_over
    from sweepfarm.running.registered import named_or_latest, set_latest

    path = named_or_latest(sweep, runs)
    wait_until_over(path, click.echo)
    folder = set_latest(runs, path)
    try:
        console = Console(width=100)
        write_report(path, folder, console, designs=designs_in(folder, console))
    except AnalysisError as error:
        raise UserError(str(error)) from None
