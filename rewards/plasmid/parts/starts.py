"""Short sequences that count only before a start codon: Shine-Dalgarno and Kozak sequences."""

import re
from collections.abc import Iterator, Sequence

from Bio.Data.IUPACData import ambiguous_dna_values

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import sequence_of
from rewards.plasmid.parts.dna import feature_at
from rewards.plasmid.parts.sources import Part

NEAREST, FARTHEST = 4, 12
"""Bases between the end of a Shine-Dalgarno sequence and the start codon."""


def find_starts(annotation: Annotation, parts: Sequence[Part]) -> Iterator[Feature]:
    """The first of the `parts` that stands before each whole gene, in the order of `parts`.

    A part of kind `start` must touch the start codon ATG; one of kind `upstream` must end `NEAREST` to
    `FARTHEST` bases before a start codon.
    """
    reach = FARTHEST + max((len(part.sequence) for part in parts), default=0)
    length = annotation.length
    for gene in annotation.of_class("cds"):
        if gene.fragment or gene.defect or gene.span + reach > length:
            continue
        begin = gene.start - reach if gene.strand > 0 else gene.start + gene.span
        if not annotation.circular and not 0 <= begin <= length - reach:
            continue
        before = sequence_of(annotation.codes, begin % length, reach, gene.strand).decode()
        codon = sequence_of(
            annotation.codes,
            (gene.start if gene.strand > 0 else gene.start + gene.span - 3) % length,
            3,
            gene.strand,
        )
        for part in parts:
            at = _place(part, before, codon)
            if at is not None:
                span = len(part.sequence)
                start = begin + at if gene.strand > 0 else begin + reach - at - span
                yield feature_at(part, start, span, gene.strand, length)
                break


def _place(part: Part, before: str, codon: bytes) -> int | None:
    """Where the part begins in the bases before a start codon; None if it is not there."""
    pattern = "".join(f"[{ambiguous_dna_values[letter]}]" for letter in part.sequence)
    last = len(before) - len(part.sequence)
    if part.kind == "start":
        places = [last] if codon == b"ATG" else []
    else:
        places = list(range(last - NEAREST, last - FARTHEST - 1, -1))
    return next((at for at in places if re.match(pattern, before[at:])), None)
