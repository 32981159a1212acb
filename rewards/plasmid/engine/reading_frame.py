"""Measures how much of a gene is read in frame, from its start codon to the first stop codon."""

from rewards.plasmid.engine.bases import UNKNOWN, Codes
from rewards.plasmid.engine.jit import kernel

UPSTREAM = 50
"""Codons upstream of the aligned part of a gene that are searched for its start codon (tags, fusions)."""

ROOM = 3
"""The same for a gene that is not fused to another one, beyond its own bases."""

DOWNSTREAM = 4
"""Codons at the beginning of the aligned part that are searched for a later start codon."""

_ATG = 0o032


@kernel
def _codon(line: Codes, start: int, span: int, strand: int, at: int) -> int:
    """Codon at offset `at` of the gene, in reading direction, as three octal digits."""
    length = len(line)
    codon = 0
    for i in range(at, at + 3):
        place = start + i if strand > 0 else start + span - 1 - i
        while place < 0:  # the modulo operator is slower
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
def read_share(
    line: Codes, start: int, span: int, strand: int, before: int, after: int, own: bool
) -> tuple[float, bool]:
    """Share of a gene that is read in frame from a start codon to the first stop codon, in [0, 1].

    Args:
        line: Base codes of the circle (or line), shape [length].
        start: First base of the aligned part of the gene, on the + strand.
        span: Bases of that part. The stop codon of the gene may be its last codon or follow it.
        strand: +1 or -1.
        before: Bases of the gene before the aligned part; they set the frame.
        after: Bases of the gene behind the aligned part.
        own: Whether the gene needs a start and a stop codon of its own. A gene that may be fused to others
            needs neither.

    Returns:
        `(share, ends)`. The share is 0 if no start codon opens the frame: ATG, GTG or TTG at the beginning of
        the gene, or ATG upstream of it or at the beginning of the aligned part. A gene that may be fused also
        begins with a frame without a stop codon in `UPSTREAM` codons: that counts as opened further upstream.
        The share is 1 if the frame is open from there to the last three bases of the aligned part. `ends`
        says whether a stop codon ends the frame at the end of the gene; True if it needs none.
    """
    first = (-before) % 3
    begin = -1 if own else first
    for step in range(before // 3 + ROOM + 1 if own else UPSTREAM):
        codon = _codon(line, start, span, strand, first - 3 * step)
        if codon == _ATG or (_is_start(codon) and before == 3 * step - first):
            begin = first
            break
        if _is_stop(codon):
            begin = -1
            break
    if begin < 0:
        for step in range(1, DOWNSTREAM):
            if _codon(line, start, span, strand, first + 3 * step) == _ATG:
                begin = first + 3 * step
                break
    if begin < 0:
        return 0.0, False
    at = begin
    while at + 3 <= span and not _is_stop(_codon(line, start, span, strand, at)):
        at += 3
    whole = span - first - 3 - (span - first) % 3
    share = min(1.0, (at - begin) / max(3, whole))
    ends = not own
    while not ends and at + 3 <= span + after:
        ends = _is_stop(_codon(line, start, span, strand, at))
        at += 3
    return share, ends
