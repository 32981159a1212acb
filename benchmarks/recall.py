"""Measures the recall of the annotator on annotated real plasmids.

An annotated feature is found if a call of the same class shares at least half of the shorter interval with
it. Plasmids that a library package ships are left out, because the library's features come from them.

::

    python benchmarks/recall.py                                     # the plasmids of ../shared/plasmids_dev
    python benchmarks/recall.py --substitutions 0.05 --json
    python benchmarks/recall.py ../shared/plasmids_dev/plannotate --missed      # agreement with pLannotate
"""

import json
import random
import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import click

FOLDER = Path(__file__).parents[2] / "shared" / "plasmids_dev"

Found = tuple[str, int, int, int]  # class, start, bases spanned, strand

CLASS_OF_TYPE = {
    "rep_origin": "ori",
    "promoter": "promoter",
    "terminator": "terminator",
    "polyA_signal": "terminator",
    "CDS": "cds",
}
MARKER = re.compile(
    r"^(amp|ap|kan|neo|cm|cam|hyg|nat|sm|spec|str|zeo|puro|blast|gm|gent|tc)(o?kan)?\\?r(/\w+r)?$|^(bla|cat|aada\d?)$"
    r"|^bla\(|^(bsd|tet|teta|nptii|sh.?ble|bleo|ura3|leu2|his3|trp1|ura4|hph|pac|bar)$",
    re.IGNORECASE,
)
MIN_CDS = 150
"""Minimum bases of an annotated CDS that is counted: shorter ones are tags, linkers and start codons."""


@dataclass(frozen=True)
class Annotated:
    """A real plasmid with the features, and their labels, of its map."""

    name: str
    sequence: str
    truth: tuple[tuple[Found, str], ...]


def read_annotated(path: Path) -> Annotated:
    """The plasmid of one GenBank file."""
    from Bio import SeqIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = SeqIO.read(path, "genbank")
    truth: list[tuple[Found, str]] = []
    for feature in record.features:
        label = ""
        for key in ("label", "standard_name", "gene", "product", "note"):
            if key in feature.qualifiers:
                label = str(feature.qualifiers[key][0])
                break
        parts = feature.location.parts
        start, span = min(int(part.start) for part in parts), len(feature)
        last = max(parts, key=lambda part: int(part.end))
        if len(parts) > 1 and int(last.end) == len(record) and start == 0:
            start = int(last.start)  # written as two parts because it crosses the origin
        elif len(parts) > 1:
            span = int(last.end) - start
        feature_class = CLASS_OF_TYPE.get(feature.type)
        strand = feature.location.strand or 0
        if (
            feature_class is not None
            and "primer" not in label
            and (feature_class != "cds" or span >= MIN_CDS)
        ):
            truth.append(((feature_class, start, span, strand), label))
        if feature.type in ("CDS", "gene", "misc_feature") and span >= 300 and MARKER.search(label):
            truth.append((("marker", start, span, strand), label))
    return Annotated(path.stem, str(record.seq).upper(), tuple(dict.fromkeys(truth)))


def read_plannotate(path: Path) -> Annotated:
    """The plasmid of one file of pLannotate, with its calls of whole features of our classes as truth."""
    record = json.loads(path.read_text())
    truth: list[tuple[Found, str]] = []
    for feature_type, label, start, end, strand, _, _, fragment, _ in record["feats"]:
        feature_class, span = CLASS_OF_TYPE.get(feature_type), (end - start) % len(record["seq"])
        if fragment or feature_class is None or (feature_class == "cds" and span < MIN_CDS):
            continue
        truth.append(((feature_class, start, span, strand), label))
        if feature_class == "cds" and span >= 300 and MARKER.search(label):
            truth.append((("marker", start, span, strand), label))
    return Annotated(path.stem, record["seq"].upper(), tuple(truth))


def without_shipped(plasmids: Iterable[Annotated]) -> list[Annotated]:
    """The plasmids that no library package ships, compared on both strands and from any first base."""
    from rewards.plasmid.library.corpus import genbank_records

    shipped = [str(record.seq).upper() * 2 for _, record in genbank_records()]
    return [
        plasmid
        for plasmid in plasmids
        if not any(
            strand in other
            for strand in (plasmid.sequence, reverse_complement(plasmid.sequence))
            for other in shipped
        )
    ]


def reverse_complement(sequence: str) -> str:
    """The reverse complement of a sequence; letters other than A, C, G and T stay as they are."""
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def shared(a_start: int, a_span: int, b_start: int, b_span: int, length: int) -> int:
    """Number of bases that two stretches of a circle of `length` bases share."""
    ahead, behind = (b_start - a_start) % length, (a_start - b_start) % length
    return max(0, min(a_span - ahead, b_span), min(b_span - behind, a_span))


def is_found(truth: Found, calls: Iterable[Found], length: int) -> bool:
    """Whether a call of the same class (for CDS also strand) shares at least half of the shorter interval."""
    feature_class, start, span, strand = truth
    return any(
        call[0] == feature_class
        and (feature_class != "cds" or strand == 0 or call[3] == strand)
        and 2 * shared(start, span, call[1], call[2], length) >= min(span, call[2])
        for call in calls
    )


def substitute(sequence: str, share: float, rng: random.Random) -> str:
    """The sequence with each base replaced by another one with probability `share`."""
    return "".join(
        rng.choice("ACGT".replace(base, "")) if rng.random() < share else base for base in sequence
    )


def measure(
    plasmids: Iterable[Annotated], annotate: Callable[[str], list[Found]], share: float = 0.0
) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Numbers of found and of annotated features by class, and descriptions of the missed ones."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    missed: list[str] = []
    for number, plasmid in enumerate(plasmids):
        sequence = substitute(plasmid.sequence, share, random.Random(number)) if share else plasmid.sequence
        calls = annotate(sequence)
        for truth, label in plasmid.truth:
            counts[truth[0]][1] += 1
            if is_found(truth, calls, len(sequence)):
                counts[truth[0]][0] += 1
            else:
                missed.append(f"{truth[0]}: {label} ({truth[2]} bp) on {plasmid.name}")
    return {name: (found, total) for name, (found, total) in sorted(counts.items())}, missed


def ours() -> Callable[[str], list[Found]]:
    """Our annotator, as a function that `measure` takes."""
    from rewards.plasmid.annotator import Annotator
    from rewards.plasmid.library.store import load_library

    annotator = Annotator(load_library())

    def annotate(sequence: str) -> list[Found]:
        (annotation,) = annotator.annotate([sequence])
        return [(f.feature_class, f.start, f.span, f.strand) for f in annotation.features]

    return annotate


@click.command()
@click.argument("folder", default=FOLDER, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--substitutions", default=0.0, show_default=True, help="Share of bases replaced before annotating."
)
@click.option("--missed", is_flag=True, help="List the features that were not found.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(folder: Path, substitutions: float, missed: bool, as_json: bool) -> None:
    """Measure the recall per class on the plasmids of FOLDER: GenBank (*.gb), pLannotate's calls (*.json)."""
    read = [read_annotated(path) for path in sorted(folder.glob("*.gb"))]
    read += [read_plannotate(path) for path in sorted(folder.glob("*.json"))]
    plasmids = without_shipped(read)
    if not plasmids:
        raise click.ClickException(f"{folder} has no annotated plasmid (*.gb, *.json) to measure on")
    counts, not_found = measure(plasmids, ours(), substitutions)
    if as_json:
        click.echo(json.dumps({name: found / total for name, (found, total) in counts.items()}))
        return
    click.echo(
        f"{len(plasmids)} plasmids; {len(read) - len(plasmids)} left out: a library package ships them"
    )
    for name, (found, total) in counts.items():
        click.echo(f"{name:12s} {found:4d} of {total:4d}  {found / total:.3f}")
    if missed:
        click.echo("\n".join(not_found))


if __name__ == "__main__":
    main()
