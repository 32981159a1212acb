"""Measures recall and precision of small parts on annotated real plasmids, and false calls in random DNA.

An annotated part is found if a call of its class shares at least half of the shorter interval with it. Maps
leave out most parts, so the share of annotated calls is the least that precision can be. Of the primers
those count whose label is the name of a public sequencing primer.

::

    python benchmarks/parts.py
    python benchmarks/parts.py --missed
"""

import json
import random
import re
import sys
import warnings
from collections import Counter
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent))

from recall import FOLDER, Found, is_found, shared, without_shipped
from recall import Annotated as Plasmid

PRIMERS = re.compile(
    r"^(M13.*|T7|T3|SP6|CMV-F|BGH-rev|E[GX]FP-[CNR]|EBV-rev|F1ori-[FR]|L4440|LNCX|Neo-[FR]|SV40p.*|pBRforEco"
    r"|pBRrevBam|pBR322ori-F|pGEX.*|pRS-marker|Amp-R|CAT-R|LacI-R|WPRE-R|LKO\.1.*|R?Bglob-?pA-R|hU6-F|pCAG-F|H1"
    r"|pCAGGS-5)$",
    re.IGNORECASE,
)
BY_LABEL = (
    ("linker", re.compile(r"^[TPEF]2A$|linker", re.IGNORECASE)),
    ("tag", re.compile(r"FLAG|^6xHis$|NLS$|^(HA|Myc|V5)( tag)?$|Strep|ssrA", re.IGNORECASE)),
    ("operator", re.compile(r"lac ?o(perator)?$|tet operator|ara operator|^CAP\W", re.IGNORECASE)),
    ("recombination", re.compile(r"^lox|^FRT|^att[BPLR]", re.IGNORECASE)),
    ("ltr", re.compile(r"\bLTR\b")),
    ("itr", re.compile(r"\bITR\b")),
    ("viral", re.compile(r"^(WPRE|PRE|RRE|IRES.*|.*Psi|c?PPT.*)$", re.IGNORECASE)),
    ("mcs", re.compile(r"\bMCS\b")),
    ("rbs", re.compile(r"^RBS|ribosome binding|Kozak|Shine", re.IGNORECASE)),
)
BY_KEY = {"intron": "intron", "LTR": "ltr", "RBS": "rbs", "polyA_signal": "polyA signal"}
MANY, LENGTH = 200, 10_000


def class_of(key: str, label: str) -> str | None:
    """The class of an annotated feature by its label, else by its key; None if it is no small part."""
    if key == "primer_bind":
        return "primer" if PRIMERS.search(label) else None
    named = next((kind for kind, pattern in BY_LABEL if pattern.search(label)), None)
    return named or BY_KEY.get(key)


def read(path: Path) -> Plasmid:
    """The plasmid of a GenBank file with its annotated small parts."""
    from Bio import SeqIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = SeqIO.read(path, "genbank")
    truth: list[tuple[Found, str]] = []
    for feature in record.features:
        qualifiers = feature.qualifiers
        names = (qualifiers[key][0] for key in ("label", "standard_name", "note") if key in qualifiers)
        label = str(next(names, ""))
        kind = class_of(feature.type, label)
        if kind and "fragment" not in label:
            span = len(feature)
            start = int(feature.location.parts[0 if (feature.location.strand or 1) > 0 else -1].start)
            truth.append(((kind, start, span, feature.location.strand or 0), label))
    return Plasmid(path.stem, str(record.seq).upper(), tuple(dict.fromkeys(truth)))


def calls_on(sequences: list[str]) -> list[list[Found]]:
    """The small parts, terminal repeats and polyadenylation signals that are found on each sequence."""
    from rewards.plasmid.annotator import default_annotator
    from rewards.plasmid.export.keys import regulatory_class
    from rewards.plasmid.parts.find import PartFinder
    from rewards.plasmid.shown import shown_class

    finder = PartFinder()
    found = []
    for annotation in default_annotator().annotate(sequences):
        parts = [(shown_class(f), f) for f in (*annotation.features, *finder.find(annotation))]
        parts += [("polyA signal", f) for f in annotation.features if regulatory_class(f).startswith("poly")]
        found.append([(kind, f.start, f.span, f.strand) for kind, f in parts])
    return found


@click.command()
@click.argument("folder", default=FOLDER, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--missed", is_flag=True, help="List the parts that were not found.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(folder: Path, missed: bool, as_json: bool) -> None:
    """Measure small parts on the plasmids of FOLDER (GenBank, *.gb)."""
    from rewards.plasmid.parts.classes import PART_CLASSES

    plasmids = without_shipped(read(path) for path in sorted(folder.glob("*.gb")))
    counts, right, called = Counter[str](), Counter[str](), Counter[str]()
    correct: Counter[str] = Counter()
    lost: list[str] = []
    for plasmid, calls in zip(plasmids, calls_on([p.sequence for p in plasmids]), strict=True):
        length = len(plasmid.sequence)
        for truth, label in plasmid.truth:
            counts[truth[0]] += 1
            if is_found(truth, calls, length):
                right[truth[0]] += 1
            else:
                lost.append(f"{truth[0]}: {label} ({truth[2]} bp) on {plasmid.name}")
        for kind, start, span, _ in calls:
            called[kind] += 1
            correct[kind] += any(
                truth[0] == kind
                and 2 * shared(start, span, truth[1], truth[2], length) >= min(span, truth[2])
                for truth, _ in plasmid.truth
            )
    rng = random.Random(0)
    chance = Counter(
        kind
        for calls in calls_on(["".join(rng.choices("ACGT", k=LENGTH)) for _ in range(MANY)])
        for kind, *_ in calls
    )
    rows = []
    for kind in (*(name for name in PART_CLASSES if name not in ("misc", "orf")), "polyA signal", "orf"):
        few = kind != "orf" and counts[kind] < 3
        rows.append(
            {
                "class": kind,
                "annotated": counts[kind],
                "found": right[kind],
                "recall": right[kind] / counts[kind] if counts[kind] else None,
                "called": called[kind],
                "precision": correct[kind] / called[kind] if called[kind] and kind != "orf" else None,
                "random": chance[kind] / MANY,
                "note": "too few to say" if few else "",
            }
        )
    if as_json:
        click.echo(json.dumps(rows))
        return
    click.echo(f"{len(plasmids)} plasmids; random DNA: {MANY} x {LENGTH:,} bases\n")
    click.echo(
        "| class | annotated | found | recall | called | precision, at least | per 10 kb of random DNA | |"
    )
    click.echo("|---|---|---|---|---|---|---|---|")
    for row in rows:
        recall, precision = (
            f"{row[key]:.2f}" if row[key] is not None else "-" for key in ("recall", "precision")
        )
        click.echo(
            f"| {row['class']} | {row['annotated']} | {row['found']} | {recall} | {row['called']}"
            f" | {precision} | {row['random']:.3f} | {row['note']} |"
        )
    if missed:
        click.echo("\n".join(["", *lost]))


if __name__ == "__main__":
    main()
