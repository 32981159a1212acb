"""The sequences of small parts: a table of published ones, SpliceCraft's presets and annotated plasmids."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from rewards.plasmid.library.corpus import genbank_records
from rewards.plasmid.library.packages import literal_assignments, package_files

TEXTBOOK = Path(__file__).with_name("textbook.tsv")

Kind = Literal["dna", "peptide", "start", "upstream"]
"""What the sequence of a part is: DNA; a pattern of amino acids; DNA directly before a start codon; DNA a few
bases before a start codon."""

MIN_BASES = 12
"""Shorter DNA occurs by chance in a plasmid of ordinary length, so it counts only before a start codon."""

LONGEST = 1_500


@dataclass(frozen=True)
class Part:
    """A named sequence, its class (a key of `PART_CLASSES`), what it is made of and where it comes from."""

    name: str
    part_class: str
    kind: Kind
    sequence: str
    source: str


_CLASS_OF_CATEGORY = {
    "Operator": "operator",
    "Recombination": "recombination",
    "Viral element": "viral",
}
_CLASS_OF_TYPE = {"intron": "intron", "primer_bind": "primer", "RBS": "rbs", "protein_bind": "operator"}
_BY_NAME = (
    (re.compile(r"\bMCS\b"), "mcs"),
    (re.compile(r"T-DNA (left|right) border|homology", re.IGNORECASE), "misc"),
    (re.compile(r"IRES"), "viral"),
)
_LABELS = {
    "primer_bind": re.compile(
        r"^(Amp-R|CAT-R|EXFP-R|GFP-[FR]|Kan-R|L4440|LacI-R|M13 (Forward|Reverse)|M13-rev|Tet-R|pBAD Forward"
        r"|pBR322ori-F|pBRforEco|pENTR-R|GAL1|GPDpro-F)$"
    ),
    "protein_bind": re.compile(r"^(lac operator|tet operator|CAP binding site|attB)$"),
    "misc_feature": re.compile(r"^MCS$"),
    "RBS": re.compile(r"^(RBS B0030|B0034m|strong bacterial ribosome binding site)"),
    "5'UTR": re.compile(r"^B003[23]m$"),
}
"""Keys and labels of the annotated plasmids whose sequences are taken in: those that name a known part."""


def textbook() -> Iterator[Part]:
    """The parts of `textbook.tsv`, each with its source."""
    for line in TEXTBOOK.read_text(encoding="utf-8").splitlines()[1:]:
        name, part_class, kind, sequence, source = line.split("\t")
        yield Part(name, part_class, kind, sequence, source)  # type: ignore[arg-type]


def presets() -> Iterator[Part]:
    """Small parts of SpliceCraft's presets (MIT). Its tags are left out: peptides find every codon usage."""
    (path,) = package_files("splicecraft", "splicecraft_presets.py")
    for preset in literal_assignments(path)["_FEATURE_PRESETS"]:
        name, sequence = preset["name"], preset["sequence"].upper()
        if preset["feature_type"] == "LTR":
            continue  # the library of the rewards has them
        part_class = next((kind for pattern, kind in _BY_NAME if pattern.search(name)), None)
        part_class = (
            part_class
            or _CLASS_OF_TYPE.get(preset["feature_type"])
            or _CLASS_OF_CATEGORY.get(preset["category"])
        )
        if part_class and MIN_BASES <= len(sequence) <= LONGEST:
            yield Part(name, part_class, "dna", sequence, f"splicecraft: {preset['source']}")


def annotated() -> Iterator[Part]:
    """Known parts annotated on the plasmids of the data packages."""
    for package, record in genbank_records():
        for feature in record.features:
            label = str((feature.qualifiers.get("label") or [""])[0])
            wanted = _LABELS.get(feature.type)
            if wanted is None or not wanted.search(label):
                continue
            sequence = str(feature.extract(record.seq)).upper()
            part_class = "recombination" if label == "attB" else _CLASS_OF_TYPE.get(feature.type, "rbs")
            if label == "MCS":
                part_class = "mcs"
            if len(sequence) >= MIN_BASES:
                yield Part(label, part_class, "dna", sequence, f"{package}: {record.id}")


@cache
def known_parts() -> tuple[Part, ...]:
    """Every part once by class and sequence; the table's names come first."""
    found: dict[tuple[str, str], Part] = {}
    for part in (*textbook(), *presets(), *annotated()):
        found.setdefault((part.part_class, part.sequence), part)
    return tuple(found.values())
