"""Overlaps of stretches of a circle."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.jit import kernel


@kernel
def shared_bases(start: int, span: int, other_start: int, other_span: int, length: int) -> int:
    """Bases that two stretches of a circle share; if they overlap at both ends, the larger overlap."""
    ahead = (other_start - start) % length
    behind = (start - other_start) % length
    return max(0, min(span - ahead, other_span), min(other_span - behind, span))


@kernel
def best_partners(
    stretches: NDArray[np.int64], others: NDArray[np.int64], length: int, stranded: bool
) -> NDArray[np.int64]:
    """For each stretch, the other one with the largest overlap, if that is at least half of the shorter one.

    Args:
        stretches: Rows of start, span in bases, strand; shape [n, 3].
        others: The same; shape [m, 3].
        length: Length of the circle, in bases.
        stranded: Whether partners must be on the same strand.

    Returns:
        Row of the partner in `others` or -1, shape [n]; of equally good ones the first.
    """
    partners = np.full(len(stretches), -1, dtype=np.int64)
    for i in range(len(stretches)):
        most_shared = 0
        for j in range(len(others)):
            if stranded and stretches[i, 2] != others[j, 2]:
                continue
            shared = shared_bases(stretches[i, 0], stretches[i, 1], others[j, 0], others[j, 1], length)
            if shared > most_shared and 2 * shared >= min(stretches[i, 1], others[j, 1]):
                partners[i], most_shared = j, shared
    return partners
