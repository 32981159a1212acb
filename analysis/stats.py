"""Means over seeds with their intervals, differences of means, and tests of many differences at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as scipy_stats

LEVEL = 0.95
"""Coverage of every interval, unless another one is given."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the interval around it. The bounds are infinite where the data are too few."""

    estimate: float
    low: float
    high: float

    def __format__(self, sign: str) -> str:
        """Text such as `0.6200 (0.5900 to 0.6500)`; with the format `+` every number shows its sign."""
        if not math.isfinite(self.low + self.high):
            return f"{self.estimate:{sign}.4f} (no interval)"
        return f"{self.estimate:{sign}.4f} ({self.low:{sign}.4f} to {self.high:{sign}.4f})"


def margin(error: float, level: float = LEVEL) -> float:
    """Half the width of the normal interval of an estimate with this standard error."""
    return float(scipy_stats.norm.ppf(0.5 + level / 2)) * error


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Student's t interval of the mean of `values`; infinite for fewer than two values.

    It is correct for near-normal noise from two values on. A bootstrap over three to five seeds would be far
    too narrow, because it can only repeat these values.
    """
    sample = np.asarray(values, dtype=np.float64).ravel()
    mean = float(np.mean(sample)) if len(sample) else math.nan
    if len(sample) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = _t(level, len(sample) - 1) * float(np.std(sample, ddof=1)) / math.sqrt(len(sample))
    return Interval(mean, mean - half, mean + half)


def difference_interval(a: ArrayLike, b: ArrayLike, level: float = LEVEL) -> Interval:
    """Welch's interval of mean(a) - mean(b); infinite if either has fewer than two values."""
    first, second = (np.asarray(values, dtype=np.float64).ravel() for values in (a, b))
    estimate = float(np.mean(first) - np.mean(second))
    error, freedom = _welch(first, second)
    if freedom is None:
        return Interval(estimate, -math.inf, math.inf)
    half = _t(level, freedom) * error
    return Interval(estimate, estimate - half, estimate + half)


def difference_p(a: ArrayLike, b: ArrayLike) -> float:
    """Two-sided p-value of Welch's test that mean(a) = mean(b); 1 where either has fewer than two values."""
    first, second = (np.asarray(values, dtype=np.float64).ravel() for values in (a, b))
    error, freedom = _welch(first, second)
    if freedom is None:
        return 1.0
    difference = abs(float(np.mean(first) - np.mean(second)))
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * scipy_stats.t.sf(difference / error, freedom))


def all_differences(groups: Sequence[ArrayLike], level: float = LEVEL) -> list[list[Interval]]:
    """[group, group] intervals of mean(a) - mean(b), which hold for all pairs together (Tukey-Kramer).

    The variance is pooled over the groups, so a few values in each are enough. All intervals are infinite if
    any group has fewer than two values.
    """
    samples = [np.asarray(group, dtype=np.float64).ravel() for group in groups]
    means = [float(np.mean(sample)) for sample in samples]
    if min(map(len, samples)) < 2:
        return [[Interval(a - b, -math.inf, math.inf) for b in means] for a in means]
    found = scipy_stats.tukey_hsd(*samples).confidence_interval(level)
    return [
        [Interval(a - b, float(found.low[i, j]), float(found.high[i, j])) for j, b in enumerate(means)]
        for i, a in enumerate(means)
    ]


def _welch(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float | None]:
    """Standard error of mean(a) - mean(b) and its degrees of freedom (None for too few values)."""
    if len(a) < 2 or len(b) < 2:
        return math.inf, None
    parts = [float(np.var(sample, ddof=1)) / len(sample) for sample in (a, b)]
    total = sum(parts)
    if total == 0:
        return 0.0, float(len(a) + len(b) - 2)
    freedom = total**2 / sum(part**2 / (len(sample) - 1) for part, sample in zip(parts, (a, b), strict=True))
    return math.sqrt(total), freedom


def _t(level: float, freedom: float) -> float:
    return float(scipy_stats.t.ppf(0.5 + level / 2, freedom))


def probability_of_improvement(a: ArrayLike, b: ArrayLike) -> float:
    """Estimated probability that a value of A exceeds one of B: the share of pairs with a > b, ties half."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    difference = first[:, None] - second[None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given.

    If those below alpha are rejected, the probability of any false rejection is at most alpha.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def measurement_noise(series: Sequence[ArrayLike]) -> float | None:
    """Standard deviation of one measurement, pooled over curves; None where no curve has three points.

    Estimated from second differences d, in which a smooth curve nearly cancels:
    median(|d|) / (0.6745 · sqrt(6)). The median keeps a few sharply bending curves from counting as noise.
    This is the noise between rungs of one run, and a lower bound for the noise between seeds.
    """
    seconds = [np.diff(np.asarray(values, dtype=np.float64), n=2) for values in series]
    pooled = np.concatenate([d for d in seconds if len(d)] or [np.array([])])
    return float(np.median(np.abs(pooled)) / (0.6745 * math.sqrt(6))) if len(pooled) else None
