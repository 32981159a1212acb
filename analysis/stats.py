"""How sure a number is: means and intervals over seeds, differences, many comparisons at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats as scipy_stats

LEVEL = 0.95
"""Coverage that every interval aims at."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the interval around it; the bounds are infinite where the data allow none."""

    estimate: float
    low: float
    high: float

    def __format__(self, sign: str) -> str:
        """`0.6200 (0.5900 to 0.6500)`; with the format `+` every number has its sign."""
        if not math.isfinite(self.low + self.high):
            return f"{self.estimate:{sign}.4f} (no interval)"
        return f"{self.estimate:{sign}.4f} ({self.low:{sign}.4f} to {self.high:{sign}.4f})"


def mean_interval(values: ArrayLike, level: float = LEVEL) -> Interval:
    """Student's interval of a mean: right from two values on for near-normal noise, as over few seeds.

    A bootstrap of three to five seeds is far too narrow, since it cannot draw what it has not seen.
    """
    sample = np.asarray(values, dtype=np.float64).ravel()
    mean = float(np.mean(sample)) if len(sample) else math.nan
    if len(sample) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = _t(level, len(sample) - 1) * float(np.std(sample, ddof=1)) / math.sqrt(len(sample))
    return Interval(mean, mean - half, mean + half)


def difference_interval(a: ArrayLike, b: ArrayLike, level: float = LEVEL) -> Interval:
    """Welch's interval of mean(a) - mean(b); no equal variances needed. Infinite for a single value."""
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
    """Intervals of mean(a) - mean(b) for every pair of groups, which hold all together (Tukey-Kramer).

    The spread is pooled over the groups, so that a few values in each are enough. Infinite where a group has
    fewer than two values.
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
    """Standard error of the difference of two means and its degrees of freedom (None: too few values)."""
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
    """Probability that a run of A beats a run of B: the share of pairs with a > b, ties counted half."""
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    difference = first[:, None] - second[None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: compared with alpha, they bound the chance of any false claim by alpha."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def measurement_noise(series: Sequence[ArrayLike]) -> float | None:
    """Standard deviation of the noise from one measurement to the next, pooled over curves.

    From second differences, in which a smooth curve nearly cancels: median(|d|) / (0.6745 · sqrt(6)), the
    median so that a few curves that bend sharply do not count as noise. It holds what changes between two
    rungs of one run, not what changes from seed to seed: a lower bound for the latter. None where no curve
    has three points.
    """
    seconds = [np.diff(np.asarray(values, dtype=np.float64), n=2) for values in series]
    pooled = np.concatenate([d for d in seconds if len(d)] or [np.array([])])
    return float(np.median(np.abs(pooled)) / (0.6745 * math.sqrt(6))) if len(pooled) else None
