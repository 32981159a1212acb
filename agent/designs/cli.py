"""`sweepfarm sample`. The function imports what it needs when it is called, so that `--help` is fast."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rewards.explain import Explained


@click.command()
@click.argument("source", metavar="RUN|CHECKPOINT|SWEEP|chosen|HUB_ID")
@click.option("-n", "--number", default=500, show_default=True, type=click.IntRange(1), help="Samples.")
@click.option(
    "--best", default=10, show_default=True, type=click.IntRange(1), help="Designs to print and to write."
)
@click.option(
    "--prompts",
    "prompt_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of first bases, one prompt per line.  [default: the held-out prompts]",
)
@click.option("--temperature", type=click.FloatRange(0, min_open=True), help="[default: the objective's]")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True), help="[default: the objective's]")
@click.option(
    "--features",
    "features_file",
    type=click.Path(path_type=Path),
    help="Own features to look for as well, as of `sweepfarm score --features`.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the random draws.")
@click.option("--keep-all", is_flag=True, help="Show designs that do not pass quality control too.")
@click.option(
    "--out",
    "outputs",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write the best designs to this file; may be repeated. Formats as of `sweepfarm score --out`.",
)
@click.option(
    "--runs",
    envvar="SWEEPFARM_RUNS",
    default="runs",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of all runs, for `chosen`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and no progress.")
def sample(
    source: str,
    number: int,
    best: int,
    prompt_file: Path | None,
    temperature: float | None,
    top_p: float | None,
    features_file: Path | None,
    seed: int,
    keep_all: bool,
    outputs: tuple[Path, ...],
    runs: Path,
    as_json: bool,
) -> None:
    """Write plasmids with a trained model, and show the best.

    Each molecule counts once: samples of 95 % identity, in any rotation and on either strand, are one design.
    Designs that pass quality control are ranked by the reference score.

    \b
    Example:
      sweepfarm sample chosen --out designs.gb --out designs.html
      sweepfarm sample runs/latest/RUN -n 2000 --best 50 --prompts starts.txt --json
    """
    from agent.config.errors import ConfigError
    from agent.designs.make import make
    from agent.designs.source import find_source
    from rewards.plasmid.export.writer import UnwritableError, writer_for
    from rewards.plasmid.parts.own import OwnFeaturesError

    try:
        writers = [writer_for(path) for path in outputs]
        found = find_source(source, runs)
        ranking = make(
            found,
            number,
            prompts=_read_prompts(prompt_file) if prompt_file else None,
            temperature=temperature,
            top_p=top_p,
            seed=seed,
            features=features_file,
            on_sampled=_progress(number, as_json),
        )
    except (ConfigError, OwnFeaturesError, UnwritableError, FloatingPointError) as error:
        raise click.ClickException(str(error)) from None
    shown = (ranking.designs if keep_all else ranking.passing)[:best]
    for writer in writers if shown else ():
        with writer as write:
            for design in shown:
                write(design)
    figures = {
        "model": found.model,
        "samples": ranking.samples,
        "passed": ranking.passed,
        "designs": len(ranking.designs),
        "passing_designs": len(ranking.passing),
    }
    if as_json:
        click.echo(json.dumps({**figures, "best": [_as_json(design) for design in shown]}))
    else:
        _print(figures, shown)
    if not shown:
        raise click.ClickException(
            f"none of {number} samples passes quality control: nothing is written; --keep-all shows the rest"
        )


def _read_prompts(file: Path) -> tuple[str, ...]:
    from agent.config.errors import ConfigError

    lines = [line.strip().upper() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    prompts = [line for line in lines if line]
    if not prompts:
        raise ConfigError(f"{file} has no prompt")
    for number, line in enumerate(lines, start=1):
        if strange := set(line) - set("ACGT"):
            raise ConfigError(f"{file}, line {number}: {min(strange)!r} is none of A, C, G and T")
    return tuple(prompts)


def _progress(number: int, quiet: bool) -> Any:
    """A function that shows how many samples there are: a bar in a terminal, else a line at each tenth."""
    import sys

    if quiet:
        return lambda done: None
    bar = click.progressbar(length=number, label="sampling", file=sys.stderr)
    told = [0]

    def show(done: int) -> None:
        if sys.stderr.isatty():
            bar.update(done - bar.pos)
            if done == number:
                bar.render_finish()
        elif done == number or done >= told[0] + number / 10:
            told[0] = done
            click.echo(f"sampled {done} of {number}", err=True)

    return show


def _as_json(design: "Explained") -> dict[str, Any]:
    return {**design.as_json(), "sequence": design.record.sequence}


def _print(figures: dict[str, Any], designs: "list[Explained]") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(
        f"{figures['samples']} samples of {escape(figures['model'])}: {figures['passed']} pass quality"
        f" control, {figures['passing_designs']} distinct molecules among them",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    numbers = ("score", "bases", "copies", "novelty", "shared")
    for heading in ("design", *numbers, "nearest", "origin", "marker"):
        right = heading in numbers
        table.add_column(heading, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for design in designs:
        notes = design.notes
        table.add_row(
            design.record.id,
            f"{design.total:.3f}",
            f"{design.annotation.length:,}",
            f"{notes['copies']}",
            f"{notes['novelty']:.1%}" if "novelty" in notes else "-",
            f"{notes['nearest_share']:.0%}" if "nearest_share" in notes else "-",
            escape(str(notes.get("nearest", "-"))),
            escape(", ".join(design.quality.origins) or "-"),
            escape(", ".join(design.quality.markers) or "-"),
        )
    console.print(table)
