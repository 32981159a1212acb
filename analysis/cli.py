"""Commands of this room; imports stay inside the functions so that `--help` is quick."""

from pathlib import Path
from typing import Literal

import click


@click.command()
@click.argument("sweep", metavar="ENTITY/PROJECT/SWEEP")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the page, Markdown, chosen_config.yaml and result.json.  [default: runs/report-SWEEP]",
)
@click.option(
    "--export",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all runs and their full histories to this folder too.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    show_default=True,
    help="Tables of --export.",
)
@click.option("--wandb-report", is_flag=True, help="Save it as a W&B Report in the sweep's project too.")
@click.option("--json", "as_json", is_flag=True, help="Print result.json instead of the table.")
def report(
    sweep: str,
    out: Path | None,
    export: Path | None,
    form: Literal["parquet", "csv"],
    wandb_report: bool,
    as_json: bool,
) -> None:
    """Judge and rank the runs of a sweep, and choose a configuration.

    Reads the server that WANDB_BASE_URL and WANDB_API_KEY name, or the folder of an exported sweep.

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
    """Compare two runs, or two windows of steps of one, and advise on it where the data allow.

    RUN is ENTITY/PROJECT/RUN_ID; @FIRST-LAST takes those training steps alone, both included.

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
