"""A metric over training steps, and the smoothing that verdicts and the running agent share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

LONGEST_WINDOW = 10


@dataclass(frozen=True)
class Curve:
    """Values of one metric by training step.

    Attributes:
        steps: [n] rising training steps.
        values: [n] finite values.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, points: Iterable[tuple[int, float]]) -> Self:
        """From (step, value) pairs; values that are not finite are left out."""
        pairs = np.array([(step, value) for step, value in points], dtype=np.float64).reshape(-1, 2)
        kept = pairs[np.isfinite(pairs[:, 1])]
        return cls(kept[:, 0].astype(np.int64), kept[:, 1])

    def __len__(self) -> int:
        return len(self.values)

    def first(self, marked: NDArray[np.bool_]) -> tuple[int, float] | None:
        """Step and value of the first marked point; `None` where none is marked."""
        places = np.flatnonzero(marked)
        return (int(self.steps[places[0]]), float(self.values[places[0]])) if places.size else None

    def start(self) -> float:
        """The first value; NaN, which no comparison passes, where there is none."""
        return float(self.values[0]) if len(self) else float("nan")


def window_of(length: int) -> int:
    """Over how many logged values a series of a given length is averaged: a tenth, between 1 and 10."""
    return min(LONGEST_WINDOW, max(1, length // 10))


def trailing_mean(curve: Curve, window: int) -> Curve:
    """Means of each `window` consecutive values, at the step of the last; shorter by `window` - 1.

    Each mean is taken by itself, so that what is added later never changes one.
    """
    return Curve(curve.steps[window - 1 :], _windows(curve, window).mean(axis=1))


def trailing_median(curve: Curve, window: int) -> Curve:
    """Likewise medians, which a single value cannot move far."""
    return Curve(curve.steps[window - 1 :], np.median(_windows(curve, window), axis=1))


def _windows(curve: Curve, window: int) -> NDArray[np.float64]:
    """[n - window + 1, window] values; no rows where the curve is shorter than a window."""
    if len(curve) < window:
        return np.empty((0, window))
    return np.lib.stride_tricks.sliding_window_view(curve.values, window)
