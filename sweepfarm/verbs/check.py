"""`sweepfarm check`: find errors in a sweep file before it runs."""

import json
from pathlib import Path

import click


@click.command(name="check")
@click.argument("sweep_file", type=click.Path(path_type=Path))
@click.option("--overlay", type=click.Path(path_type=Path), help="YAML file that sets budget fields.")
@click.option(
    "--machine", is_flag=True, help="Also check this machine (device, memory, disk) and the reward."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(sweep_file: Path, overlay: Path | None, machine: bool, as_json: bool) -> None:
    """Check a sweep file before it runs.

    Prints the Hyperband rungs in training steps, how many runs continue after each, and how a corpus of your
    own is split. If the sweep cannot run (an unknown parameter, an empty space, a metric that no run logs, a
    corpus that is too small, min > max, ...), it fails with one line that says why.

    \b
    Example:
      sweepfarm check sweep_config.yaml --overlay sweeps/overlays/cpu.yaml
    """
    from sweepfarm.definition.check import check_sweep
    from sweepfarm.definition.sweep_file import read_sweep

    content = read_sweep(sweep_file, overlay)
    result = check_sweep(content)
    if machine:
        from sweepfarm.machine.preflight import report_checks

        report_checks(content, Path("runs"), agents_here=1)
    if as_json:
        click.echo(json.dumps(result.as_json(), indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"[bold]{sweep_file}[/bold]: {len(result.searched)} searched parameters, metric {result.metric}"
    )
    console.print(f"a run: {result.max_steps} training steps, metric logged at {_steps(result.evaluations)}")
    if result.corpus is not None:
        console.print(f"corpus: {result.corpus}")
    table = Table("rung (logged value)", "training step", "continue")
    for rung in result.rungs:
        share = f"{rung.goes_on} of {rung.population} runs ({rung.share:.0%})"
        table.add_row(str(rung.logged_value), str(rung.training_step), share)
    if result.rungs:
        console.print(table)
    else:
        console.print("no early termination: every run trains to its end")
    if result.infeasible_share:
        console.print(
            f"{result.infeasible_share:.2%} of random points make no valid run; most frequent error:"
            f" {result.infeasible_reasons[0]}"
        )
    for warning in result.warnings:
        console.print(f"[yellow]warning[/yellow] {warning}")
    console.print("[green]ok[/green]")


def _steps(steps: tuple[int, ...]) -> str:
    return "every step" if len(steps) > 12 else "steps " + ", ".join(map(str, steps))
