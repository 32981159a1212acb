"""What keeps a feature from working: a missing piece, a broken reading frame, a changed stretch.

Defects that only an experiment shows are out of reach: a changed active site leaves the frame open and
counts as whole.
"""

from typing import NamedTuple

import edlib
import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes, decode
from rewards.plasmid.engine.changes import (
    amino_acid_entropy,
    differing_bases,
    gene_changes,
    part_changes,
    ungapped,
)
from rewards.plasmid.features import FRAGMENT_COVERAGE, FeatureClass

WINDOW = {"ori": (40, 18), "promoter": (12, 4), "terminator": (12, 5)}
"""Per class: window in bases of the library feature, and changes in it from which the part is broken.

Three changes are too few: the strong promoter J23102 differs by three from J23119 in the -10 box. At 5 %
random substitutions no origin has such a window, and one promoter of 100 bases in 20.
"""

CODON_WINDOW, CHANGED_CODONS = 12, 8
"""Window in codons of a gene, and changed amino acids in it from which the protein is broken.

A gene optimised for another host has none, and a natural variant of 80 % identity has rarely one.
"""

MAX_ALTERED, MIN_SILENT = 0.08, 0.4
"""Share of the amino acids of a marker that may be changed if fewer than this share of its changed codons are
silent. Of the changes between natural variants more are silent, of random ones a quarter."""

MIN_IN_FRAME = 0.97
"""Share of a gene's codons that must be aligned in its own reading frame."""


MIN_AMINO_ACID_BITS, MIN_PROTEIN = 3.7, 100
"""Least entropy of the amino acids of a gene that the library does not know, in bits, and its codons from
which it is measured. Of 187 such genes on public plasmids one has less, an open frame on the other strand."""


class Alignment(NamedTuple):
    """A library feature aligned with its place on the plasmid, both read in the feature's direction.

    Attributes:
        part: Bases of the aligned part of the feature; shape [part].
        place: Bases of its place on the plasmid; shape [span].
        at: Index in `place` of each base of the part, -1 if it is deleted; shape [part].
        inserted: Bases of the plasmid that stand before each base of the part and not in it; shape [part].
    """

    part: Codes
    place: Codes
    at: NDArray[np.int64]
    inserted: NDArray[np.int64]


def may_be_changed(feature_class: FeatureClass, mismatches: int) -> bool:
    """Whether a hit with so many differing alignment columns may have a defect and must be aligned."""
    if feature_class in ("marker", "cds"):
        return mismatches > 0
    return feature_class in WINDOW and mismatches >= WINDOW[feature_class][1]


def align(part: Codes, place: Codes, mismatches: int) -> Alignment:
    """Global alignment of the part of a feature with the place on the plasmid at which it was found.

    Args:
        part: Bases of the feature; shape [part].
        place: Bases of the plasmid; shape [span].
        mismatches: Differing alignment columns of the hit. If comparing base by base explains them, there is
            no gap.
    """
    if len(place) == len(part) and differing_bases(place, part) <= mismatches:
        return Alignment(part, place, *ungapped(len(part)))
    path = edlib.align(decode(part), decode(place), mode="NW", task="path")["cigar"]
    at = np.full(len(part), -1)
    inserted = np.zeros(len(part), dtype=np.int64)
    here, there, count = 0, 0, 0
    for letter in path:
        if letter.isdigit():
            count = 10 * count + int(letter)
            continue
        if letter == "D":  # bases of the plasmid that the part lacks
            inserted[min(here, len(part) - 1)] += count
            there += count
        elif letter == "I":
            here += count
        else:
            at[here : here + count] = np.arange(there, there + count)
            here, there = here + count, there + count
        count = 0
    return Alignment(part, place, at, inserted)


def gene_defect(reading: float, ends: bool, alignment: Alignment | None, skipped: int, own: bool) -> str:
    """What is broken in a gene of the library that is not a fragment; empty if it is whole.

    Args:
        reading: From `engine.reading_frame.read_share`.
        ends: Whether a stop codon ends the frame.
        alignment: How the gene lies on the plasmid; None if too few bases differ for a defect.
        skipped: Bases of the gene before the aligned part; they set the frame.
        own: Whether it is a marker, whose amino acids must not be changed at random. Fluorescent proteins are
            changed on purpose.
    """
    if reading <= 0.0:
        return "no start codon"
    if reading < 1.0:
        return f"stop codon after {reading:.0%} of it"
    if not ends:
        return "no stop codon"
    if alignment is None:
        return ""
    changes = gene_changes(*alignment, -skipped % 3, CODON_WINDOW)
    if changes.in_frame < MIN_IN_FRAME or not changes.ends_in_frame:
        return f"frameshift, {changes.in_frame:.0%} of it in frame"
    if changes.most >= CHANGED_CODONS:
        return f"changed at codon {changes.worst + 1} to {changes.worst + CODON_WINDOW}"
    if own and changes.altered > MAX_ALTERED and changes.silent < MIN_SILENT:
        return f"{changes.altered:.0%} of its amino acids changed"
    return ""


def protein_defect(gene: Codes) -> str:
    """What is unlike a protein in the frame of an unknown gene, in its own direction; empty if nothing is."""
    bits = amino_acid_entropy(gene) if len(gene) >= 3 * MIN_PROTEIN else MIN_AMINO_ACID_BITS
    return "low complexity, few different amino acids" if bits < MIN_AMINO_ACID_BITS else ""


def part_defect(feature_class: FeatureClass, alignment: Alignment | None) -> str:
    """What is broken in an origin, promoter or terminator that is not a fragment; empty if it is whole."""
    if alignment is None:
        return ""
    size, limit = WINDOW[feature_class]
    worst, most = part_changes(*alignment, size)
    return f"changed at base {worst + 1} to {worst + size}" if most >= limit else ""


def fragment_defect(coverage: float) -> str:
    """That a feature is a fragment; empty if it is none."""
    return f"fragment, {coverage:.0%} of it" if coverage < FRAGMENT_COVERAGE else ""
