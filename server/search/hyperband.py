"""Hyperband as W&B publishes it: rungs in logged values of the metric, and who goes on at each.

A run's n-th *logged value* is the n-th finite value of the sweep's metric in its history. At a rung, a run
goes on if its value is no worse than the one at position `floor(n / eta)` of all n values seen there, best
first. Crashed and finished runs count. The rule looks again whenever a new value reaches a rung, so a run
can also be stopped later, when others do better.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Rungs beyond this many logged values are never reached.
LAST_BAND = 10**9


@dataclass(frozen=True)
class EarlyTerminate:
    """The `early_terminate:` section.

    Attributes:
        min_iter: The first rung, when rungs are given from below.
        max_iter: The full length of a run, when rungs are given from above; wins over `min_iter`.
        s: How many rungs to place below `max_iter`.
        eta: Ratio between rungs, and the inverse of the share of runs that go on.
        strict: Judge a run by its value at the rung; otherwise by its best value so far.
        min_runs: How many runs must have reached a rung before any is stopped there.
    """

    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3
    strict: bool = True
    min_runs: int = 1


@dataclass(frozen=True)
class Standing:
    """What Hyperband knows of one run, in the orientation "smaller is better".

    Attributes:
        at_rung: Value at each rung the run has reached.
        best: Best value of all it has logged.
    """

    at_rung: Mapping[int, float]
    best: float


@dataclass(frozen=True)
class Verdict:
    """Why a run is stopped.

    Attributes:
        rung: The rung at which it is judged, in logged values.
        value: The value it is judged by.
        threshold: The value it had to reach.
        population: How many runs have reached the rung.
    """

    rung: int
    value: float
    threshold: float
    population: int


def bands(settings: EarlyTerminate | None) -> tuple[int, ...]:
    """Return the rungs in ascending order, counted in logged values of the metric.

    From above: `max_iter / eta**i` for `i = 1..s`, as long as at least 1. From below: `min_iter * eta**k`.
    """
    if settings is None:
        return ()
    found: list[int] = []
    if settings.max_iter is not None:
        band = float(settings.max_iter)
        for _ in range(settings.s or 0):
            band /= settings.eta
            if band < 1:
                break
            found.append(int(band))
    elif settings.min_iter is not None:
        band = float(settings.min_iter)
        while band <= LAST_BAND and len(found) < 100:
            found.append(int(band))
            band *= settings.eta
    return tuple(sorted(set(found)))


def survivors(n: int, eta: float) -> int:
    """Return how many of `n` runs with different values go on at a rung: `floor(n / eta) + 1`, at most n."""
    return min(int(n / eta) + 1, n)


def threshold(values: Iterable[float], eta: float) -> float:
    """Return the worst value that still goes on, given all values at a rung (smaller is better)."""
    ranked = sorted(values)
    return ranked[survivors(len(ranked), eta) - 1]


def verdicts(
    settings: EarlyTerminate, standings: Mapping[str, Standing], running: Iterable[str]
) -> dict[str, Verdict]:
    """Return the runs to stop and why.

    Args:
        settings: Hyperband's settings.
        standings: What is known of every run that has logged the metric.
        running: The runs that can be stopped.
    """
    thresholds: dict[int, tuple[float, int]] = {}
    stopped: dict[str, Verdict] = {}
    for name in running:
        standing = standings.get(name)
        if standing is None or not standing.at_rung:
            continue
        rung = max(standing.at_rung)
        if rung not in thresholds:
            values = [other.at_rung[rung] for other in standings.values() if rung in other.at_rung]
            thresholds[rung] = threshold(values, settings.eta), len(values)
        limit, population = thresholds[rung]
        value = standing.at_rung[rung] if settings.strict else standing.best
        if value > limit and population >= settings.min_runs:
            stopped[name] = Verdict(rung, value, limit, population)
    return stopped
