"""Stretches of a circle: what they share, and which of two kinds lie on each other."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.jit import kernel


@kernel
def shared_bases(start: int, span: int, other_start: int, other_span: int, length: int) -> int:
    """Bases that two stretches of a circle share; where they meet at both ends, the larger meeting."""
    ahead = (other_start - start) % length
    behind = (start - other_start) % length
    return max(0, min(span - ahead, other_span), min(other_span - behind, span))


@kernel
def best_partners(
    stretches: NDArray[np.int64], others: NDArray[np.int64], length: int, stranded: bool
) -> NDArray[np.int64]:
    """For each stretch, the other one that shares most bases with it, if that is half of the shorter.

    Args:
        stretches: Rows of start, bases, strand; shape [n, 3].
        others: The same; shape [m, 3].
        length: Bases of the circle.
        stranded: Whether only stretches of one strand can be partners.

    Returns:
        Number of the partner or -1, shape [n]; of equal ones the first.
    """
    partners = np.full(len(stretches), -1, dtype=np.int64)
    for i in range(len(stretches)):
        most = 0
        for j in range(len(others)):
            if stranded and stretches[i, 2] != others[j, 2]:
                continue
            shared = shared_bases(stretches[i, 0], stretches[i, 1], others[j, 0], others[j, 1], length)
            if shared > most and 2 * shared >= min(stretches[i, 1], others[j, 1]):
                partners[i], most = j, shared
    return partners
