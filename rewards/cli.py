"""Commands of this room. Functions import what they need when they are called, so that `--help` is fast."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

    from rewards.explain import Explained
    from rewards.plasmid.lab.verdict import LabVerdict


@click.command()
@click.argument("file", metavar="FILE|-", type=click.File("r", encoding="utf-8", errors="replace"))
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
    "--vendor",
    metavar="NAME",
    help="Check as a lab does before it orders: hairpins, and the limits of a vendor, such as twist-clonal.",
)
@click.option("--linear", is_flag=True, help="Treat every sequence as linear, whatever its file says.")
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
    file: TextIO,
    suite_file: Path | None,
    map_file: Path | None,
    vendor: str | None,
    linear: bool,
    tiers: tuple[str, ...],
    workers: int,
    as_json: bool,
) -> None:
    """Score plasmids by each reward of a suite and explain every score.

    Reads any number of records in FASTA, GenBank or plain text. Use - as FILE for standard input.

    \b
    Example:
      sweepfarm score plasmid.gb --map plasmid.png
      cat designs.fa | sweepfarm score - --json > scores.jsonl
      sweepfarm score designs.fa --vendor twist-clonal
    """
    import json
    from dataclasses import replace

    from rich.console import Console

    from rewards.base import ContractError
    from rewards.compose import SuiteError
    from rewards.explain import explain
    from rewards.plasmid.lab.vendors import product_named
    from rewards.plasmid.lab.verdict import lab_checks
    from rewards.plasmid.library.packages import MissingDataPackageError
    from rewards.plasmid.library.store import load_library
    from rewards.plasmid.library.tiers import UnknownTierError
    from rewards.plasmid.map import FORMATS, draw_map
    from rewards.plasmid.sequence_files import UnreadableSequencesError, read_sequences
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
        if vendor:
            product_named(vendor)  # an unknown one fails before anything is scored
        library = load_library(("default", *tiers))
        records = read_sequences(file.read())
        if linear:
            records = (replace(record, circular=False) for record in records)
        for explained in explain(records, suite, library, workers):
            verdict = lab_checks(explained.annotation, vendor) if vendor else None
            if as_json:
                lab = {"lab": verdict.as_json()} if verdict else {}
                click.echo(json.dumps(explained.as_json() | lab, ensure_ascii=False))
            else:
                print_explained(explained, console)
                if verdict:
                    print_verdict(verdict, console)
            if map_file and explained.annotation.length:
                target = map_file if drawn == 0 else map_file.with_stem(f"{map_file.stem}-{drawn + 1}")
                draw_map(explained.annotation, explained.record.id, target)
                drawn += 1
    except (
        ContractError,
        MissingDataPackageError,
        SuiteError,
        UnknownTierError,
        UnreadableSequencesError,
        ValueError,
    ) as error:
        raise click.ClickException(str(error)) from error


def print_explained(explained: "Explained", console: "Console") -> None:
    """Print one record: a table of its component scores, a table of its features, and its total."""
    import math

    from rich.markup import escape
    from rich.table import Table

    record, length = explained.record, explained.annotation.length
    shape = "circular" if record.circular else "linear"
    console.print(f"\n[bold]{escape(record.id)}[/]  {length:,} bp, {shape}")
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


def print_verdict(verdict: "LabVerdict", console: "Console") -> None:
    """Print what a lab would object to: each violation, and the page that states its limit."""
    from rich.markup import escape

    result = "passed" if verdict.passed else f"{len(verdict.violations)} failed"
    console.print(f"[bold]lab checks for {verdict.vendor}: {result}[/]")
    for violation in verdict.violations:
        console.print(f"  {escape(violation.message)}")
        if violation.source:
            console.print(f"    [dim]{escape(violation.source)}[/]", soft_wrap=True)
