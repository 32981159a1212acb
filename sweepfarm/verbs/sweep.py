"""`sweepfarm sweep`: a whole sweep on one machine."""

import os
import signal
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console


@click.command(name="sweep")
@click.argument("sweep_file", type=click.Path(path_type=Path))
@click.option("--overlay", type=click.Path(path_type=Path), help="YAML file that sets budget fields.")
@click.option(
    "--small", is_flag=True, help="Use the overlay for two CPU cores that the sweep's task declares."
)
@click.option("--agents", type=click.IntRange(min=1), default=2, show_default=True, help="Agents to run.")
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Folder of runs."
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed of the embedded server's search. Runs train with the default `seed` plus this number, unless"
    " the sweep file sets `seed`.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the embedded server; any free one by default.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a table and a figure of the runs to this Markdown file.",
)
@click.option("--against", default="beta", show_default=True, help="Swept parameter of that figure.")
@click.option("--before", help="Baseline of the page: the part before the slash of the names of its runs.")
@click.option("--made-by", help="Command that the page says it was made by.  [default: this one]")
def sweep(
    sweep_file: Path,
    overlay: Path | None,
    small: bool,
    agents: int,
    runs: Path,
    seed: int,
    port: int,
    page: Path | None,
    against: str,
    before: str | None,
    made_by: str | None,
) -> None:
    """Run a whole sweep here: server, registration, agents, report.

    With WANDB_API_KEY set the sweep runs against W&B (or the server that WANDB_BASE_URL names); without it,
    an embedded server is started. Results are in RUNS/latest.

    \b
    Example:
      sweepfarm sweep sweep_config.yaml --small --agents 2
    """
    from rich.console import Console

    from sweepfarm.definition.check import check_sweep
    from sweepfarm.definition.sweep_file import ends_by_itself, read_sweep
    from sweepfarm.errors import UserError
    from sweepfarm.machine.local_server import local_server, outer_server
    from sweepfarm.machine.models import prepare_model
    from sweepfarm.machine.processes import interrupt

    if small and overlay is not None:
        raise UserError("--small and --overlay each name a budget: leave one of them out")
    if page is None and (before is not None or made_by is not None):
        raise UserError("--before and --made-by describe the page: add --page, or leave them out")
    signal.signal(signal.SIGTERM, interrupt)
    console = Console()
    content = _seeded(read_sweep(sweep_file, _small_budget(sweep_file) if small else overlay), seed)
    check = check_sweep(content)
    if not ends_by_itself(content):
        raise UserError(
            "the sweep has no run_cap, so its agents would never end; add one, or give --overlay or --small"
        )
    if page is not None:
        _require_searched(content, against)
    for warning in check.warnings:
        console.print(f"[yellow]warning[/yellow] {warning}")
    for model in check.models:
        prepare_model(check.task, model, check.constant.get("corpus"), check.adapted)
    outer = outer_server()
    with nullcontext(outer) if outer else local_server(runs / "server", port, seed) as endpoint:
        assert endpoint is not None
        os.environ.update(endpoint.environment)
        console.print(f"server: {endpoint.url}")
        path = _run(content, agents, runs, console)
        if page is not None:
            _write_page(path, page, against, before, made_by or f"sweepfarm sweep {sweep_file}", console)


def _seeded(content: dict[str, Any], seed: int) -> dict[str, Any]:
    """The sweep with a training seed of its own, so that sweeps of different seeds are independent."""
    from agent.config.run import RunConfig

    parameters = content.get("parameters")
    if seed == 0 or not isinstance(parameters, dict):
        return content
    own = {"seed": {"value": RunConfig.model_fields["seed"].default + seed}}
    return {**content, "parameters": own | parameters}


def _small_budget(sweep_file: Path) -> Path:
    """Path of the overlay that the task of a sweep declares for two CPU cores."""
    from agent.config.errors import ConfigError
    from agent.config.run import DEFAULT_TASK
    from agent.config.tasks import task_definition
    from sweepfarm.definition.sweep_file import read_sweep
    from sweepfarm.errors import UserError

    declared = (read_sweep(sweep_file).get("parameters") or {}).get("task", {"value": DEFAULT_TASK})
    task = declared.get("value") if isinstance(declared, dict) else declared
    try:
        overlay = task_definition(task).small_budget
    except ConfigError as error:
        raise UserError(str(error)) from None
    if overlay is None:
        raise UserError(f"the task {task} declares no small budget; give one as --overlay")
    return overlay


def _require_searched(content: dict[str, Any], against: str) -> None:
    from analysis.publish.runs_table import own_name
    from analysis.read.sweep import Sweep
    from sweepfarm.errors import UserError

    names = [own_name(name) for name in Sweep.from_config("", "", "", content).swept]
    if against not in names:
        raise UserError(f"--against {against!r} is not searched by the sweep; it searches {', '.join(names)}")


def _run(content: dict[str, Any], agents: int, runs: Path, console: "Console") -> str:
    """Run a sweep to its end and report on it. Returns `entity/project/id`."""
    from analysis.errors import AnalysisError
    from analysis.report.report import write_report
    from sweepfarm.errors import UserError
    from sweepfarm.running.designs import designs_in
    from sweepfarm.running.farm import register, run_agents
    from sweepfarm.running.registered import set_latest

    path, folder = register(content, runs, os.environ)
    set_latest(runs, path)
    console.print(f"sweep:  {path}")
    logs = run_agents(path, agents, folder, runs, os.environ, console)
    try:
        report = write_report(path, folder, console, designs=designs_in(folder, console))
    except AnalysisError as error:
        raise UserError(f"{error}; the agents' logs: {', '.join(map(str, logs))}") from None
    # `wandb agent` exits with 0 even if it gives up after failed runs, so the runs are counted.
    made, expected = len(report.data["runs"]), _runs_of(content)
    if expected and made < expected:
        raise UserError(f"only {made} of {expected} runs were made; see {', '.join(map(str, logs))}")
    return path


def _runs_of(content: dict[str, Any]) -> int | None:
    """Number of runs of a sweep; None if it does not end by itself."""
    from server.search.grid import grid_size
    from server.search.space import parse_sweep_config

    spec = parse_sweep_config(content)
    if spec.method != "grid":
        return spec.run_cap
    return min(grid_size(spec), spec.run_cap or grid_size(spec))


def _write_page(
    sweep: str, page: Path, against: str, before: str | None, made_by: str, console: "Console"
) -> None:
    from analysis.choose.select import select
    from analysis.classify.assess import assess
    from analysis.errors import AnalysisError
    from analysis.publish.results_page import write_results
    from analysis.read.download import download, download_samples
    from sweepfarm.errors import UserError

    table = download(sweep)
    assessment = assess(table)
    scored = {
        run: samples for run in table.runs["id"] if (samples := download_samples(sweep, run)) is not None
    }
    try:
        write_results(
            replace(table, scored=scored),
            assessment,
            select(assessment),
            against=against,
            before=before,
            command=made_by,
            path=page,
            console=console,
        )
    except AnalysisError as error:
        raise UserError(str(error)) from None
    console.print(f"{'Results:':<15} {page}", soft_wrap=True)
