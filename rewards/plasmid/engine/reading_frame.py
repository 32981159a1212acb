"""Whether a gene can still be read: from a start codon, in frame, without a stop on the way."""

from rewards.plasmid.engine.bases import UNKNOWN, Codes
from rewards.plasmid.engine.jit import kernel

UPSTREAM = 50
"""Codons before the known part of a gene in which its start codon may stand (tags and fusions)."""

DOWNSTREAM = 15
"""Codons into the known part at which a later start codon is still taken."""


@kernel
def _codon(line: Codes, start: int, span: int, strand: int, at: int) -> int:
    """Codon at an offset into the gene, three octal digits."""
    length = len(line)
    codon = 0
    for i in range(at, at + 3):
        place = start + i if strand > 0 else start + span - 1 - i
        while place < 0:  # a remainder would cost more than all the rest
            place += length
        while place >= length:
            place -= length
        code = line[place]
        codon = (codon << 3) | (code if strand > 0 or code == UNKNOWN else 3 - code)
    return codon


@kernel
def _is_start(codon: int) -> bool:
    return codon == 0o032 or codon == 0o232 or codon == 0o332  # ATG, GTG, TTG


@kernel
def _is_stop(codon: int) -> bool:
    return codon == 0o300 or codon == 0o302 or codon == 0o320  # TAA, TAG, TGA


@kernel
def read_share(line: Codes, start: int, span: int, strand: int, skipped: int) -> float:
    """Share of a gene that is read in frame, from a start codon to the first stop codon.

    Args:
        line: Base codes of the circle (or line), shape [length].
        start: First base of the gene's aligned part on the + strand.
        span: Bases of that part; a stop codon may be its last one or stand behind it.
        strand: +1 or -1.
        skipped: Bases of the gene before the aligned part, for the frame.

    Returns:
        In [0, 1]: 0 where no start codon (ATG, GTG, TTG) opens the frame, 1 where it opens at or before the
        aligned part and no stop comes before its last three bases.
    """
    first = (-skipped) % 3
    begin = -1
    for step in range(UPSTREAM):
        codon = _codon(line, start, span, strand, first - 3 * step)
        if _is_start(codon):
            begin = first
            break
        if _is_stop(codon):
            break
    if begin < 0:
        for step in range(1, DOWNSTREAM):
            if _is_start(_codon(line, start, span, strand, first + 3 * step)):
                begin = first + 3 * step
                break
    if begin < 0:
        return 0.0
    at = begin
    while at + 3 <= span and not _is_stop(_codon(line, start, span, strand, at)):
        at += 3
    read = at - begin
    whole = span - first - 3 - (span - first) % 3
    return min(1.0, read / max(3, whole))
