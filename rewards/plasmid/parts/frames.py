"""What is read in triplets: open reading frames, and peptides such as tags in any of the six frames."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from Bio.Seq import Seq

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN, Codes, reverse_complement
from rewards.plasmid.engine.circle import shared_bases
from rewards.plasmid.features import Feature
from rewards.plasmid.parts.dna import feature_at
from rewards.plasmid.parts.sources import Part

MIN_CODONS = 100
"""Codons, without the stop, from which an open reading frame is reported."""

LONGEST_PEPTIDE = 60
"""Amino acids that a peptide may have."""

_ORF = Part("ORF", "orf", "dna", "", "")

_CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
_AMINO_ACIDS = np.frombuffer(f"{Seq(''.join(_CODONS)).translate()}X".encode(), dtype=np.uint8)
"""Letter of each codon by its number in base 4, by the standard code; the last one is for unknown bases."""


def find_peptides(annotation: Annotation, parts: Sequence[Part]) -> Iterator[Feature]:
    """Every occurrence of the peptide `parts`, in any of the six frames, across the origin of a circle."""
    length = annotation.length
    ahead = 3 * LONGEST_PEPTIDE if annotation.circular else 0
    for strand, codes in _strands(annotation):
        line = np.concatenate([codes, codes[:ahead]])
        for frame in range(min(3, length)):
            protein = _translated(line, frame)
            for part in parts:
                for match in re.finditer(part.sequence, protein):
                    start, span = frame + 3 * match.start(), 3 * (match.end() - match.start())
                    if start < length >= span:
                        yield feature_at(part, _forward(start, span, strand, length), span, strand, length)


def find_orfs(annotation: Annotation) -> list[Feature]:
    """Open reading frames, ATG to stop, of at least `MIN_CODONS` codons that no gene or origin explains.

    A frame is explained if a gene, a marker or an origin on either strand shares half of its bases. Of the
    frames with one stop codon the longest is reported, at most once around a circle.
    """
    length = annotation.length
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for strand, codes in _strands(annotation):
        line = np.concatenate([codes, codes]) if annotation.circular else codes
        for frame in range(min(3, length)):
            for start, span in _open_frames(_translated(line, frame), frame):
                if span > length:
                    continue
                stop = (start + span) % length
                if span > best.get((strand, stop), (0, 0))[1]:
                    best[strand, stop] = (start, span)
    explained = [f for f in annotation.features if f.feature_class in ("cds", "marker", "ori")]
    found = []
    for (strand, _), (start, span) in sorted(best.items()):
        orf = feature_at(_ORF, _forward(start, span, strand, length), span, strand, length)
        if not any(2 * shared_bases(orf.start, span, f.start, f.span, length) >= span for f in explained):
            found.append(orf._replace(name=f"ORF, {span // 3 - 1} codons"))
    return found


def _open_frames(protein: str, frame: int) -> Iterator[tuple[int, int]]:
    """Start and bases, with the stop codon, of each stretch of a translation from its first M to its stop."""
    begin = 0
    while (stop := protein.find("*", begin)) >= 0:
        first = protein.find("M", begin, stop)
        if first >= 0 and stop - first >= MIN_CODONS:
            yield frame + 3 * first, 3 * (stop + 1 - first)
        begin = stop + 1


def _strands(annotation: Annotation) -> Iterator[tuple[int, Codes]]:
    yield 1, annotation.codes
    yield -1, reverse_complement(annotation.codes)


def _forward(start: int, span: int, strand: int, length: int) -> int:
    """Start on the + strand of a stretch that begins at `start` of its own strand."""
    return start if strand > 0 else (length - start - span) % length


def _translated(codes: Codes, frame: int) -> str:
    """Amino acids of the whole codons from base `frame` on; `*` for a stop, `X` where a base is unknown."""
    codons = codes[frame : frame + (len(codes) - frame) // 3 * 3].reshape(-1, 3)
    numbers = codons.astype(np.int64) @ np.array([16, 4, 1])
    numbers[(codons == UNKNOWN).any(axis=1)] = len(_CODONS)
    return str(_AMINO_ACIDS[numbers].tobytes(), "ascii")
