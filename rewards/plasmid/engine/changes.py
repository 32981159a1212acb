"""What differs between a library feature and its place on a plasmid, by bases and by amino acids.

An alignment is a pair of arrays, one entry per base of the aligned part of the feature: `at`, the index of
the base of the plasmid that it is aligned with, -1 if it is deleted; and `inserted`, the bases of the plasmid
that stand before it and are not in the feature. Everything is read in the direction of the feature.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes
from rewards.plasmid.engine.jit import kernel

_STANDARD_CODE = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_ORDER = (2, 1, 3, 0)  # of A, C, G, T in the standard table, which begins with TTT, TTC

_AMINO_ACID = np.array(
    [
        ord(_STANDARD_CODE[16 * _ORDER[a] + 4 * _ORDER[b] + _ORDER[c]])
        for a in range(4)
        for b in range(4)
        for c in range(4)
    ],
    dtype=np.uint8,
)


@kernel
def stretch_of(line: Codes, start: int, span: int, strand: int) -> Codes:
    """Bases of a stretch of the circle, read on its strand; shape [span]."""
    length = len(line)
    out = np.empty(span, dtype=np.uint8)
    place = start
    for i in range(span):
        if place >= length:
            place -= length
        code = line[place]
        if strand > 0:
            out[i] = code
        else:
            out[span - 1 - i] = code if code == UNKNOWN else 3 - code
        place += 1
    return out


@kernel
def differing_bases(place: Codes, part: Codes) -> int:
    """Bases that differ if two stretches of the same length are compared without gaps."""
    count = 0
    for i in range(len(part)):
        count += place[i] != part[i]
    return count


@kernel
def ungapped(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The alignment of stretches of the same length without gaps."""
    return np.arange(size), np.zeros(size, dtype=np.int64)


@kernel
def _worst_window(changed: NDArray[np.int64], size: int) -> tuple[int, int]:
    """First place and changes of the window of `size` with the most changes."""
    total, most, worst = 0, 0, 0
    for i in range(len(changed)):
        total += changed[i]
        if i >= size:
            total -= changed[i - size]
        if total > most:
            most, worst = total, max(0, i - size + 1)
    return worst, most


@kernel
def part_changes(
    part: Codes, place: Codes, at: NDArray[np.int64], inserted: NDArray[np.int64], window: int
) -> tuple[int, int]:
    """First base of the window of a part with the most changes, and their number.

    A substitution, a deleted base and an inserted base are one change each.
    """
    changed = np.empty(len(part), dtype=np.int64)
    for i in range(len(part)):
        changed[i] = inserted[i] + (at[i] < 0 or place[at[i]] != part[i])
    return _worst_window(changed, window)


@kernel
def _amino_acid(codes: Codes, first: int) -> int:
    """Amino acid of the codon at `first`, as a character code; 0 if it has an unknown base."""
    a, b, c = codes[first], codes[first + 1], codes[first + 2]
    if a == UNKNOWN or b == UNKNOWN or c == UNKNOWN:
        return 0
    return int(_AMINO_ACID[(a << 4) | (b << 2) | c])


@kernel
def amino_acid_entropy(codes: Codes) -> float:
    """Shannon entropy of the amino acids of a reading frame that begins at the first base, in bits."""
    counts = np.zeros(128)
    codons = len(codes) // 3
    for codon in range(codons):
        counts[_amino_acid(codes, 3 * codon)] += 1.0
    entropy = 0.0
    for count in counts:
        if count > 0:
            entropy -= count / codons * np.log2(count / codons)
    return entropy


class GeneChanges(NamedTuple):
    """How a gene differs from that of the library.

    Attributes:
        in_frame: Share of the codons that are aligned in the frame of the first one.
        ends_in_frame: Whether the last base is.
        worst: First codon of the window with the most changes. Another amino acid, a codon out of frame and
            an inserted codon are one change each.
        most: Changes in that window.
        altered: Share of the codons that are changed in this sense.
        silent: Share of the codons with another base that stand for the same amino acid; 1 if there are none.
    """

    in_frame: float
    ends_in_frame: bool
    worst: int
    most: int
    altered: float
    silent: float


@kernel
def gene_changes(
    part: Codes, place: Codes, at: NDArray[np.int64], inserted: NDArray[np.int64], first: int, window: int
) -> GeneChanges:
    """How a gene differs from that of the library, codon by codon.

    Args:
        part: Bases of the aligned part of the gene; shape [part].
        place: Bases of its place on the plasmid; shape [span].
        at: See the top of this file.
        inserted: The same.
        first: First base of the part that begins a codon.
        window: Codons per window.
    """
    count = (len(part) - first) // 3
    changed = np.empty(count, dtype=np.int64)
    framed, altered, silent = 0, 0, 0
    for codon in range(count):
        base = first + 3 * codon
        here = at[base]
        together = here >= 0 and at[base + 1] == here + 1 and at[base + 2] == here + 2
        in_frame = together and (here - base) % 3 == 0
        framed += in_frame
        new = (inserted[base] + inserted[base + 1] + inserted[base + 2]) // 3
        same = in_frame and _amino_acid(part, base) == _amino_acid(place, here)
        if not same:
            altered += 1
        elif differing_bases(part[base : base + 3], place[here : here + 3]) > 0:
            silent += 1
        changed[codon] = new + (not same)
    worst, most = _worst_window(changed, window)
    last = len(part) - 1
    return GeneChanges(
        framed / max(1, count),
        (at[last] - last) % 3 == 0,
        worst,
        most,
        altered / max(1, count),
        silent / (altered + silent) if altered + silent > 0 else 1.0,
    )
