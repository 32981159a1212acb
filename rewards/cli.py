"""Commands of this room. Functions import what they need when they are called, so that `--help` is fast."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rewards.plasmid.files.record import FORMATS

if TYPE_CHECKING:
    from rich.console import Console

    from rewards.explain import Explained


@click.command()
@click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    help="Format of all files.  [default: told by the content of each, then by its name]",
)
@click.option(
    "--column", help="Column of tables with the sequence.  [default: sequence, seq, dna, completion, ...]"
)
@click.option(
    "--circular/--linear",
    default=True,
    show_default=True,
    help="Topology of records that state none (FASTA, FASTQ, tables, raw text). Others keep their own.",
)
@click.option("--strict", is_flag=True, help="Stop at the first problem.")
@click.option(
    "--suite",
    "suite_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML file of rewards to score with.  [default: the reference suite of the plasmid sweeps]",
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the plasmid map to this file.",
)
@click.option(
    "--tier",
    "tiers",
    multiple=True,
    help="Feature library to use in addition to the default one; may be repeated.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1), help="Number of annotation threads."
)
@click.option("--json", "as_json", is_flag=True, help="Print each record as one line of JSON.")
def score(
    paths: tuple[Path, ...],
    file_format: str | None,
    column: str | None,
    circular: bool,
    strict: bool,
    suite_file: Path | None,
    map_file: Path | None,
    tiers: tuple[str, ...],
    workers: int,
    as_json: bool,
) -> None:
    """Score plasmids by each reward of a suite and explain every score.

    Reads files, folders with all their files, and - for standard input: FASTA, GenBank, EMBL, SnapGene,
    FASTQ, CSV, TSV, JSON Lines and raw text, also compressed by gzip, bzip2 or xz. Letters that stand for
    several bases (N, R, Y, ...) match nothing.

    What cannot be read is reported on standard error by file, record and line; everything else is scored.
    Exit code: 0 if all was read, 1 if anything was wrong, 2 for a wrong option. A file in a folder that
    holds no sequence is skipped, which is not wrong.

    \b
    Example:
      sweepfarm score plasmid.gb --map plasmid.png
      sweepfarm score plasmids/ more.csv.gz --column insert --json > scores.jsonl
      cat designs.fa | sweepfarm score - --json > scores.jsonl
    """
    import json

    from rich.console import Console

    from rewards.base import ContractError
    from rewards.compose import SuiteError
    from rewards.explain import explain
    from rewards.plasmid.files.progress import Intake
    from rewards.plasmid.files.record import Options
    from rewards.plasmid.library.packages import MissingDataPackageError
    from rewards.plasmid.library.store import load_library
    from rewards.plasmid.library.tiers import UnknownTierError
    from rewards.plasmid.map import FORMATS, draw_map
    from rewards.plasmid.suite import reference_suite
    from rewards.registry import load_suite

    console = Console()
    drawn = 0
    if map_file and map_file.suffix not in FORMATS:
        raise click.ClickException(f"cannot draw {map_file}: its name must end in {' or '.join(FORMATS)}")
    if map_file and not map_file.parent.is_dir():
        raise click.ClickException(f"cannot draw {map_file}: there is no folder {map_file.parent}")
    try:
        suite = load_suite(suite_file) if suite_file else reference_suite()
        library = load_library(("default", *tiers))
        intake = Intake(paths, Options(file_format, column, circular), strict)
        for explained in explain(intake, suite, library, workers):
            if as_json:
                click.echo(json.dumps(explained.as_json(), ensure_ascii=False))
            else:
                print_explained(explained, console)
            if map_file and explained.annotation.length:
                target = map_file if drawn == 0 else map_file.with_stem(f"{map_file.stem}-{drawn + 1}")
                draw_map(explained.annotation, explained.record.id, target)
                drawn += 1
    except (
        ContractError,
        MissingDataPackageError,
        SuiteError,
        UnknownTierError,
        ValueError,
    ) as error:
        raise click.ClickException(str(error)) from error
    if intake.problems:
        click.get_current_context().exit(1)


def print_explained(explained: "Explained", console: "Console") -> None:
    """Print one record: a table of its component scores, a table of its features, and its total."""
    import math

    from rich.markup import escape
    from rich.table import Table

    record, length = explained.record, explained.annotation.length
    shape = "circular" if record.circular else "linear"
    console.print(f"\n[bold]{escape(record.id)}[/]  {length:,} bp, {shape}  [dim]{escape(record.source)}[/]")
    components = Table(box=None, pad_edge=False, header_style="dim")
    headings = (("component", "left"), ("score", "right"), ("weight", "right"), ("reason", "left"))
    for heading, justify in headings:
        components.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for name, evaluation in explained.evaluations.items():
        value = "unscored" if evaluation.score is None else f"{evaluation.score:.3f}"
        components.add_row(name, value, f"{explained.weights[name]:g}", escape(evaluation.message))
    console.print(components)
    if explained.annotation.features:
        features = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("class", "feature", "from", "to", "strand", "identity", "coverage", ""):
            features.add_column(heading, justify="left" if heading in ("class", "feature", "") else "right")
        for feature in explained.annotation.features:
            features.add_row(
                feature.feature_class,
                escape(feature.name),
                str(feature.start + 1),
                str(feature.end),
                "+" if feature.strand > 0 else "-",
                f"{feature.identity:.1%}",
                f"{feature.coverage:.0%}",
                "fragment" if feature.fragment else feature.defect,
            )
        console.print()
        console.print(features)
    total = "unscored" if math.isnan(explained.total) else f"{explained.total:.3f}"
    console.print(f"\n[bold]total {total}[/]")
