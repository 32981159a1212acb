"""A metric over training steps, and its smoothing, for the running agent and for the analysis."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

MAX_WINDOW = 10


@dataclass(frozen=True)
class Curve:
    """The values of one metric at training steps.

    Attributes:
        steps: [n] increasing training steps.
        values: [n] finite values.
    """

    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, points: Iterable[tuple[int, float]]) -> Self:
        """The curve of (step, value) pairs. Values that are not finite are left out."""
        pairs = np.array([(step, value) for step, value in points], dtype=np.float64).reshape(-1, 2)
        kept = pairs[np.isfinite(pairs[:, 1])]
        return cls(kept[:, 0].astype(np.int64), kept[:, 1])

    def __len__(self) -> int:
        return len(self.values)

    def first(self, marked: NDArray[np.bool_]) -> tuple[int, float] | None:
        """Step and value of the first point where `marked` ([n]) is true; `None` if there is none."""
        indices = np.flatnonzero(marked)
        return (int(self.steps[indices[0]]), float(self.values[indices[0]])) if indices.size else None

    def start(self) -> float:
        """The first value; NaN, with which every comparison is false, if the curve is empty."""
        return float(self.values[0]) if len(self) else float("nan")


def window_of(length: int) -> int:
    """Number of values to average in a series of `length` values: a tenth of them, from 1 to 10."""
    return min(MAX_WINDOW, max(1, length // 10))


def trailing_mean(curve: Curve, window: int) -> Curve:
    """[n - window + 1] means of `window` consecutive values, each at the step of its last value.

    Each mean is computed by itself, not from a running sum: later values never change an earlier mean.
    """
    return Curve(curve.steps[window - 1 :], _windows(curve, window).mean(axis=1))


def trailing_median(curve: Curve, window: int) -> Curve:
    """[n - window + 1] medians, as `trailing_mean`. A single outlier hardly changes a median."""
    return Curve(curve.steps[window - 1 :], np.median(_windows(curve, window), axis=1))


def _windows(curve: Curve, window: int) -> NDArray[np.float64]:
    """[n - window + 1, window] consecutive values; no rows if the curve is shorter than `window`."""
    if len(curve) < window:
        return np.empty((0, window))
    return np.lib.stride_tricks.sliding_window_view(curve.values, window)
