"""Maximal stretches of equal values on a line or a circle."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.base import Span

Positions = NDArray[np.int64]


def runs(values: NDArray[Any], circular: bool) -> tuple[Positions, Positions]:
    """Starts and lengths of the maximal stretches of equal values, in order of starts; shapes [runs].

    On a circle, a stretch across the joint is one stretch, and begins before the joint.
    """
    length = len(values)
    if length == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    changed = values != np.roll(values, 1)
    if not circular:
        changed[0] = True
    starts = np.flatnonzero(changed)
    if len(starts) == 0:  # one value all the way round
        return np.array([0], dtype=np.int64), np.array([length], dtype=np.int64)
    return starts, np.diff(np.append(starts, starts[0] + length))


def end_of(start: int, span: int, length: int) -> int:
    """End of a stretch of a circle, in (0, length]; at or before `start` if the stretch crosses the joint."""
    end = start + span
    return end if end <= length else end - length


def place(start: int, span: int, length: int) -> str:
    """The stretch as text, counted from 1, such as `11-60`; `4980-10` crosses the joint."""
    return f"{start + 1}-{end_of(start, span, length)}"


def marked_spans(marked: NDArray[np.bool_], circular: bool, label: str) -> tuple[Span, ...]:
    """One span per maximal stretch of marked bases."""
    starts, lengths = runs(marked, circular)
    kept = marked[starts]
    return tuple(
        Span(int(start), end_of(int(start), int(span), len(marked)), 0, label)
        for start, span in zip(starts[kept], lengths[kept], strict=True)
    )
