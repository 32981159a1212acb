"""The command `sweepfarm train`: one run without a sweep."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click


@click.command(name="train")
@click.argument("config_file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set one parameter; repeatable.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Run directory.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object at the end, no progress of the run."
)
def train(config_file: Path | None, settings: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Train one run, without a sweep or a server.

    CONFIG_FILE is a YAML of parameters, such as the chosen_config.yaml that `sweepfarm report` writes.

    \b
    Example:
      sweepfarm train runs/latest/chosen_config.yaml --set max_steps=200 --set seed=7
    """
    from agent.config.errors import ConfigError
    from agent.config.run import RunConfig
    from agent.entrypoint import EXIT_BAD_CONFIG
    from rewards.files.yaml_file import YamlError

    try:
        config = RunConfig.from_params(_parameters(config_file, settings))
        _train(config, out, as_json)
    except (ConfigError, YamlError) as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(EXIT_BAD_CONFIG) from None


def _parameters(config_file: Path | None, settings: tuple[str, ...]) -> dict[str, Any]:
    from agent.config.errors import ConfigError
    from agent.config.variant import unfolded
    from rewards.files.yaml_file import parsed_yaml, read_yaml

    values = read_yaml(config_file) if config_file else {}
    if not isinstance(values, dict):
        raise ConfigError(f"{config_file} is not a mapping of parameters to values")
    if "parameters" in values:
        raise ConfigError(f"{config_file} is a sweep file: use `sweepfarm sweep`, or give one run's values")
    values.pop("config_hash", None)
    values = unfolded(values)
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set {setting!r} is not NAME=VALUE")
        values[name] = parsed_yaml(value, f"--set {setting!r}")
    return values


def _train(config: Any, out: Path | None, as_json: bool) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from agent.entrypoint import EXIT_OF_OUTCOME
    from agent.tracking.directory import RunDirectory
    from agent.tracking.sinks import Sinks
    from agent.training.lifecycle.stop import StopRequest
    from agent.training.run import train_run

    stop = StopRequest()
    stop.install()
    directory = RunDirectory(out or Path("runs") / f"train-{config.config_hash}", config.flat())
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=as_json, transient=True) as progress:
        bar = progress.add_task("training", total=config.max_steps)

        def show(step: int, row: dict[str, float]) -> None:
            reward = row.get("reward_components/total_reward/mean", float("nan"))
            progress.update(bar, completed=step, description=f"reward {reward:.3f}")
            if "objective/score" in row:
                passing = f"  QC {row['qc/pass_rate']:.0%}" if "qc/pass_rate" in row else ""
                kl = row.get("objective/kl", float("nan"))  # not logged if it is not finite
                progress.console.print(
                    f"step {step:>5}  objective {row['objective/score']:.3f}  KL {kl:.3f}{passing}"
                )

        def announce(line: str) -> None:
            progress.update(bar, description=line)

        outcome = train_run(config, Sinks(directory), stop, show, announce)
    result = {**outcome.summary(), "objective/score": outcome.score, "directory": str(directory.path)}
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        score = "-" if outcome.score is None else f"{outcome.score:.3f}"
        console.print(
            f"{outcome.name} at step {outcome.step}: objective {score}, starter {outcome.starter_score:.3f}"
        )
        for finding in outcome.findings:
            if finding.fatal:
                console.print(f"{finding.kind} from step {finding.step}: {finding.evidence}")
        if outcome.temperatures:
            console.print(_temperature_table(config.final_temperatures, outcome.temperatures))
        console.print(f"run directory: {directory.path}")
    if outcome.name == "preempted":
        raise SystemExit(EXIT_OF_OUTCOME["preempted"])


def _temperature_table(temperatures: Sequence[float], values: Mapping[str, float]) -> Any:
    """The figures of the final evaluation, from the starting model to the trained one, as a table of rich."""
    from rich import box
    from rich.table import Table

    columns = {"qc/pass_rate": "QC", "qc/distinct_pass_rate": "distinct QC", "reference": "reference"}
    logged = {name.partition("/")[2].partition("/")[2] for name in values}
    columns = {name: title for name, title in columns.items() if name in logged}
    table = Table(
        box=box.SIMPLE_HEAD, title="From the starting model to the trained one", title_justify="left"
    )
    table.add_column("T", justify="right")
    for title in columns.values():
        table.add_column(title, justify="right")
    for temperature in temperatures:
        where = f"temperature/{temperature}/"
        cells = []
        for name in columns:
            pair = (values.get(f"starter/{where}{name}"), values.get(f"{where}{name}"))
            shown = ["–" if value is None else _shown(name, value) for value in pair]
            cells.append(" → ".join(shown))
        if f"{where}completions" in values:
            table.add_row(str(temperature), *cells)
    return table


def _shown(name: str, value: float) -> str:
    return f"{value:.1%}" if name.startswith("qc/") else f"{value:.3f}"
