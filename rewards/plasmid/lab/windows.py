"""GC content in windows, and the bases that windows cover."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes

Shares = NDArray[np.float64]


def window_gc(codes: Codes, size: int, circular: bool) -> Shares:
    """Share of G and C among the known bases of each window, by the window's start; shape [windows].

    A circle has a window at each base, a line `length - size + 1` of them. A shorter molecule is one window.
    NaN for a window of which less than half is known.

    Args:
        codes: Base codes, shape [length].
        size: Bases per window, at least 1.
        circular: Whether the ends are joined.
    """
    if len(codes) == 0:
        return np.empty(0)
    size, around = min(size, len(codes)), circular and size <= len(codes)
    read = np.concatenate((codes, codes[: size - 1])) if around else codes
    gc = _sums((read == 1) | (read == 2), size)
    known = _sums(read < UNKNOWN, size)
    shares: Shares = np.divide(gc, known, out=np.full(len(gc), np.nan), where=2 * known >= size)
    return shares


def covered(windows: NDArray[np.bool_], size: int, length: int) -> NDArray[np.bool_]:
    """Whether each base lies in a marked window; shape [length].

    Args:
        windows: Whether each window is marked, by its start; on a circle there is one per base.
        size: Bases per window.
        length: Length of the molecule, in bases.
    """
    size = min(size, length)
    starts = np.flatnonzero(windows)
    depth = np.bincount(starts, minlength=length + size) - np.bincount(starts + size, minlength=length + size)
    inside = np.cumsum(depth) > 0
    inside[:size] |= inside[length:]
    return inside[:length]


def _sums(marked: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    totals = np.concatenate(([0], np.cumsum(marked)))
    sums: NDArray[np.int64] = totals[size:] - totals[:-size]
    return sums
