"""Whether the beginning of a text occurs, with a few edits, in a set of plasmids."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes, encode, reverse_complement
from rewards.plasmid.engine.jit import kernel

LONGEST = 60
"""Bases of the longest beginning that is looked for. A column of the search is one 64-bit word."""

MIN_BASES = 20
"""Bases of the shortest one. Shorter ones occur by chance in a few million bases."""

BASES_PER_EDIT = 9
"""A beginning occurs if it has an alignment with at most one edit per so many bases.

That includes every alignment with 90 % identity, whether its columns or the bases of the beginning are
counted."""


class SearchText:
    """Circular plasmids, on both strands, as one text to search in.

    Args:
        plasmids: Sequences of A, C, G and T.
    """

    def __init__(self, plasmids: Sequence[str]) -> None:
        overlap = LONGEST + LONGEST // BASES_PER_EDIT
        gap = np.full(1, UNKNOWN, np.uint8)
        parts: list[Codes] = []
        for plasmid in plasmids:
            turns = 1 + -(-overlap // len(plasmid))
            codes = encode((plasmid * turns)[: len(plasmid) + overlap])
            parts += [codes, gap, reverse_complement(codes), gap]
        self._codes = np.concatenate([gap, *parts])

    def has_beginning(self, text: str) -> bool:
        """Whether any beginning of `text`, of `MIN_BASES` bases up to all of it, occurs on either strand.

        Args:
            text: A, C, G and T, `MIN_BASES` to `LONGEST` bases.

        Raises:
            ValueError: If the text is shorter or longer.
        """
        if not MIN_BASES <= len(text) <= LONGEST:
            raise ValueError(f"a text of {MIN_BASES} to {LONGEST} bases is needed, not of {len(text)}")
        edits = len(text) // BASES_PER_EDIT
        wanted = np.zeros(edits + 1, np.uint64)
        for length in range(MIN_BASES, len(text) + 1):
            wanted[length // BASES_PER_EDIT] |= np.uint64(1 << (length - 1))
        places = np.zeros(5, np.uint64)
        for position, code in enumerate(encode(text)):
            places[code] |= np.uint64(1 << position)
        return bool(_occurs(self._codes, places, wanted))


@kernel
def _occurs(codes: Codes, places: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> bool:
    """Wu and Manber's search for all beginnings of a pattern at once (Comm. ACM 35(10), 1992).

    Args:
        codes: The text.
        places: For each code, the positions in the pattern with that base as bits; shape [5]. No position has
            the code of an unknown base.
        wanted: For each number of edits, the last positions of the beginnings that may have so many as bits;
            shape [edits + 1].
    """
    rows = len(wanted)
    one = np.uint64(1)
    # Bit p of row e: the first p + 1 bases of the pattern end here with at most e edits.
    ends = np.zeros(rows, np.uint64)
    for row in range(rows):
        ends[row] = (one << np.uint64(row)) - one
    for code in codes:
        place = places[code]
        before = ends[0]  # of the row above, at the previous base of the text
        ends[0] = ((before << one) | one) & place
        found = ends[0] & wanted[0]
        for row in range(1, rows):
            old = ends[row]
            ends[row] = (
                (((old << one) | one) & place) | before | ((before << one) | (ends[row - 1] << one) | one)
            )
            before = old
            found |= ends[row] & wanted[row]
        if found != 0:
            return True
    return False
