"""The commands `report` and `compare`. Imports stay inside the functions so that `--help` is quick."""

from pathlib import Path
from typing import Literal

import click


@click.command()
@click.argument("sweep", metavar="ENTITY/PROJECT/SWEEP")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for report.html, report.md, result.json and chosen_config.yaml."
    "  [default: runs/report-SWEEP]",
)
@click.option(
    "--export",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write all runs and their full histories to this folder.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="File format of the tables that --export writes.",
)
@click.option(
    "--wandb-report", is_flag=True, help="Also save the report as a W&B Report in the sweep's project."
)
@click.option("--json", "as_json", is_flag=True, help="Print result.json instead of the table.")
def report(
    sweep: str,
    out: Path | None,
    export: Path | None,
    form: Literal["parquet", "csv"],
    wandb_report: bool,
    as_json: bool,
) -> None:
    """Give each run of a sweep a verdict, rank the runs, and choose a configuration.

    The sweep is read from the server that WANDB_BASE_URL and WANDB_API_KEY name. A folder written by --export
    can be given instead of the sweep's path; then no server is needed.

    \b
    Examples:
      sweepfarm report me/plasmid/x3k9q2ab --out runs/latest
      sweepfarm report me/plasmid/x3k9q2ab --export kept --format csv
      sweepfarm report kept
    """
    from rich.console import Console

    from analysis.errors import AnalysisError
    from analysis.report.report import write_report
    from analysis.report.wandb_report import require_package, save_report

    out = out or Path("runs") / f"report-{sweep.rstrip('/').rsplit('/', 1)[-1]}"
    console = Console(quiet=as_json)
    try:
        if wandb_report:
            require_package()
        written = write_report(sweep, out, console, export, form)
        if wandb_report:
            click.echo(f"W&B Report: {save_report(written.data)}", err=as_json)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(written.result.read_text(), nl=False)


@click.command()
@click.argument("before", metavar="RUN[@FIRST-LAST]")
@click.argument("after", metavar="RUN[@FIRST-LAST]")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write Markdown to this file."
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def compare(before: str, after: str, report: Path | None, as_json: bool) -> None:
    """Compare two runs, or two ranges of training steps of one run, and advise what to change.

    RUN is ENTITY/PROJECT/RUN_ID. @FIRST-LAST limits it to these training steps, both included. Advice that
    the data do not support is marked so, with the reason.

    \b
    Examples:
      sweepfarm compare me/plasmid/a1b2c3d4 me/plasmid/e5f6g7h8
      sweepfarm compare me/plasmid/a1b2c3d4@1-50 me/plasmid/a1b2c3d4@51-100 --report change.md
    """
    import json

    from rich.console import Console
    from rich.markdown import Markdown

    from analysis.compare.output import to_data, to_markdown
    from analysis.compare.runs import compare_runs
    from analysis.errors import AnalysisError
    from analysis.files import replace_text

    try:
        comparison = compare_runs(before, after)
        text = to_markdown(comparison)
        if report is not None:
            replace_text(report, text)
    except (AnalysisError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps(to_data(comparison), indent=2))
    else:
        Console().print(Markdown(text))
