"""The user's own features: from a GenBank file, a FASTA file or a table."""

import csv
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from rewards.error_text import first_line
from rewards.nearest import unknown_key_message
from rewards.plasmid.features import FeatureClass
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.sources import MIN_BASES
from rewards.plasmid.library.store import Library, make_library
from rewards.plasmid.parts.classes import PART_CLASSES
from rewards.plasmid.parts.sources import Part

SCORED: tuple[FeatureClass, ...] = tuple(name for name in get_args(FeatureClass) if name != "other")
"""Classes that rewards read; own features of these classes join the library."""

OTHERS = tuple(name for name in PART_CLASSES if name != "orf")
"""Classes of own features that only readers see."""

MIN_PART, LONGEST = 8, 50_000
"""Bases of an own feature. One of a class that rewards read needs at least `MIN_BASES`."""

_CLASS_OF_KEY = {
    "rep_origin": "ori",
    "promoter": "promoter",
    "terminator": "terminator",
    "polyA_signal": "terminator",
    "CDS": "cds",
    "RBS": "rbs",
    "primer_bind": "primer",
    "protein_bind": "operator",
    "misc_recomb": "recombination",
    "LTR": "ltr",
    "intron": "intron",
}
_CLASS_OF_REGULATORY = {
    "promoter": "promoter",
    "terminator": "terminator",
    "ribosome_binding_site": "rbs",
    "polyA_signal_sequence": "terminator",
    "enhancer": "promoter",
}
_UNNAMED = ("source", "gene", "mRNA", "primer")
_HEADER_CLASS = re.compile(r"\bclass=(\S+)")


class OwnFeaturesError(ValueError):
    """A file of own features cannot be used."""


@dataclass(frozen=True)
class OwnFeatures:
    """Own features: those of classes that rewards read, and the others, which only readers see."""

    scored: tuple[LibraryFeature, ...] = ()
    parts: tuple[Part, ...] = ()

    def join(self, library: Library) -> Library:
        """The library with the scored ones in front: where one is also in the library, its name is kept."""
        if not self.scored:
            return library
        return make_library([*self.scored, *library.features], library.key)


NO_FEATURES = OwnFeatures()


def read_own(path: Path) -> OwnFeatures:
    """The own features of a file: GenBank, FASTA (`>name class=promoter`) or a table (name, class, sequence).

    Without a class a feature is `misc`. Of a GenBank file every feature is taken, its class by its key.

    Raises:
        OwnFeaturesError: If the file cannot be read or holds no feature, a class is unknown, or a sequence is
            no DNA, too short or too long. The message names the file, the feature and what to do.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OwnFeaturesError(f"the features of {path} cannot be read: {first_line(error)}") from None
    first = text.lstrip()[:5]
    rows = _genbank(text) if first == "LOCUS" else _fasta(text) if first.startswith(">") else _table(text)
    scored: dict[str, LibraryFeature] = {}
    parts: dict[str, Part] = {}
    try:
        for number, (name, own_class, sequence) in enumerate(rows, 1):
            name, sequence = name.strip(), re.sub(r"\s", "", sequence).upper().replace("U", "T")
            problem = _problem(name, own_class, sequence)
            if problem:
                raise OwnFeaturesError(f"{path}, feature {number} ({name or 'no name'}): {problem}")
            key = f"{own_class} {sequence}"
            if own_class in SCORED:
                scored.setdefault(key, LibraryFeature(name, own_class, sequence, f"own: {path.name}"))  # type: ignore[arg-type]
            else:
                parts.setdefault(key, Part(name, own_class, "dna", sequence, f"own: {path.name}"))
    except (ValueError, csv.Error) as error:
        if isinstance(error, OwnFeaturesError):
            raise
        raise OwnFeaturesError(f"the features of {path} cannot be read: {first_line(error)}") from None
    if not scored and not parts:
        raise OwnFeaturesError(
            f"{path} holds no feature: give a GenBank file with features, FASTA, or a table with the columns"
            " name, class and sequence"
        )
    return OwnFeatures(tuple(scored.values()), tuple(parts.values()))


def _problem(name: str, own_class: str, sequence: str) -> str:
    """What is wrong with a feature; empty if nothing is."""
    if not name:
        return "it has no name"
    if own_class not in (*SCORED, *OTHERS):
        return unknown_key_message("class", own_class, (*SCORED, *OTHERS))
    allowed = "ACGT" if own_class in SCORED else "ACGTRYSWKMBDHVN"
    wrong = sorted(set(sequence) - set(allowed))
    if wrong:
        return f"its sequence has the letter {wrong[0]!r}; a {own_class} may have {', '.join(allowed)}"
    if set(sequence) == {"N"}:
        return "its sequence has no known base"
    least = MIN_BASES if own_class in SCORED else MIN_PART
    if not least <= len(sequence) <= LONGEST:
        return f"it has {len(sequence):,} bases; a {own_class} needs {least} to {LONGEST:,}"
    return ""


def _genbank(text: str) -> Iterator[tuple[str, str, str]]:
    from Bio import BiopythonWarning, SeqIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BiopythonWarning)
        for record in SeqIO.parse(io.StringIO(text), "genbank"):
            for feature in record.features:
                if feature.type in _UNNAMED:
                    continue
                qualifiers = feature.qualifiers
                names = (
                    qualifiers[key][0] for key in ("label", "gene", "product", "note") if key in qualifiers
                )
                kind = _CLASS_OF_REGULATORY.get((qualifiers.get("regulatory_class") or [""])[0], "misc")
                own_class = kind if feature.type == "regulatory" else _CLASS_OF_KEY.get(feature.type, "misc")
                yield str(next(names, "")), own_class, str(feature.extract(record.seq))


def _fasta(text: str) -> Iterator[tuple[str, str, str]]:
    from Bio import SeqIO

    for record in SeqIO.parse(io.StringIO(text.lstrip()), "fasta"):
        stated = _HEADER_CLASS.search(record.description)
        yield _HEADER_CLASS.sub("", record.description), stated[1] if stated else "misc", str(record.seq)


def _table(text: str) -> Iterator[tuple[str, str, str]]:
    header = text.splitlines()[0] if text.strip() else ""
    rows = csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in header else ",")
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
    for needed in ("name", "sequence"):
        if needed not in rows.fieldnames:
            raise ValueError(
                f"it is neither GenBank nor FASTA, and the first line has no column `{needed}`; a table needs"
                " the columns name, class and sequence"
            )
    for row in rows:
        yield row["name"] or "", (row.get("class") or "misc").strip().lower(), row["sequence"] or ""
