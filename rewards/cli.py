"""Commands of this room. Functions import what they need when they are called, so that `--help` is fast."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rewards.plasmid.files.record import FORMATS

if TYPE_CHECKING:
    from rich.console import Console

    from rewards.explain import Explained
    from rewards.plasmid.lab.verdict import LabVerdict


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
    "--out",
    "--map",
    "outputs",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write all records to this file; may be repeated. The suffix sets the format: .gb, .gbk, .gff3,"
    " .fasta, .fa, .csv, .tsv, .json, .jsonl, .html; .svg, .png and .pdf are maps, one file for each record.",
)
@click.option(
    "--vendor",
    metavar="NAME",
    help="Check as a lab does before it orders: hairpins, and the limits of a vendor, such as twist-clonal.",
)
@click.option("--sites", is_flag=True, help="Mark restriction sites that are cut exactly once on the maps.")
@click.option(
    "--tier",
    "tiers",
    multiple=True,
    help="Feature library to use in addition to the default one; may be repeated.",
)
@click.option(
    "--features",
    "features_file",
    type=click.Path(path_type=Path),
    help="Own features to look for as well: a GenBank file, FASTA, or a table with the columns name, class"
    " and sequence.",
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
    outputs: tuple[Path, ...],
    vendor: str | None,
    sites: bool,
    tiers: tuple[str, ...],
    features_file: Path | None,
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
      sweepfarm score plasmid.gb --out plasmid.svg --sites
      sweepfarm score plasmids/ more.csv.gz --column insert --out all.gb --out all.csv
      cat designs.fa | sweepfarm score - --json > scores.jsonl
      sweepfarm score designs.fa --vendor twist-clonal
      sweepfarm score designs.fa --features our_parts.gb --out designs.gb
    """
    import json
    from contextlib import ExitStack

    from rich.console import Console

    from rewards.base import ContractError
    from rewards.compose import SuiteError
    from rewards.explain import explain
    from rewards.plasmid.export.writer import WITH_MAPS, writer_for
    from rewards.plasmid.files.progress import Intake
    from rewards.plasmid.files.record import Options
    from rewards.plasmid.lab.vendors import product_named
    from rewards.plasmid.lab.verdict import lab_checks
    from rewards.plasmid.library.packages import MissingDataPackageError
    from rewards.plasmid.library.store import load_library
    from rewards.plasmid.library.tiers import UnknownTierError
    from rewards.plasmid.parts.own import NO_FEATURES, read_own
    from rewards.plasmid.suite import reference_suite
    from rewards.registry import load_suite

    console = Console()
    try:
        writers = [writer_for(path, sites) for path in outputs]
        if sites and not any(path.suffix.lower() in WITH_MAPS for path in outputs):
            raise click.UsageError(f"--sites marks maps: add an --out that ends in {', '.join(WITH_MAPS)}")
        suite = load_suite(suite_file) if suite_file else reference_suite()
        if vendor:
            product_named(vendor)  # an unknown one fails before anything is scored
        library = load_library(("default", *tiers))
        own = read_own(features_file) if features_file else NO_FEATURES
        intake = Intake(paths, Options(file_format, column, circular), strict)
        with ExitStack() as files:
            writes = [files.enter_context(writer) for writer in writers]
            for explained in explain(intake, suite, library, workers, own):
                verdict = lab_checks(explained.annotation, vendor) if vendor else None
                if as_json:
                    lab = {"lab": verdict.as_json()} if verdict else {}
                    click.echo(json.dumps(explained.as_json() | lab, ensure_ascii=False))
                else:
                    print_explained(explained, console)
                    if verdict:
                        print_verdict(verdict, console)
                for write in writes:
                    write(explained)
    except BrokenPipeError:
        raise  # the reader of our output has seen enough; click ends quietly
    except (
        ContractError,
        MissingDataPackageError,
        OSError,
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

    from rewards.plasmid.shown import shown_class

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
    shown = (*explained.annotation.features, *explained.annotation.parts)
    if shown:
        features = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("class", "feature", "from", "to", "strand", "identity", "coverage", ""):
            features.add_column(heading, justify="left" if heading in ("class", "feature", "") else "right")
        for feature in shown:
            features.add_row(
                shown_class(feature),
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
    passes = explained.quality.passed
    console.print(f"quality control: {'passes' if passes else f'fails: {explained.quality.reason}'}")


def print_verdict(verdict: "LabVerdict", console: "Console") -> None:
    """Print what a lab would object to: each violation, and the page that states its limit."""
    from rich.markup import escape

    result = "passed" if verdict.passed else f"{len(verdict.violations)} failed"
    console.print(f"[bold]lab checks for {verdict.vendor}: {result}[/]")
    for violation in verdict.violations:
        console.print(f"  {escape(violation.message)}")
        if violation.source:
            console.print(f"    [dim]{escape(violation.source)}[/]", soft_wrap=True)
