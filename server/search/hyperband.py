"""Hyperband as W&B describes it: the rungs, counted in logged values, and the runs that stop at each.

A run's n-th *logged value* is the n-th finite value of the sweep's metric in its history. At a rung, a run
survives if its value is no worse than the one at position `floor(n / eta)`, counted from 0, of all n values
at that rung, best first. Crashed and finished runs count. The rule is applied again whenever a run logs a new
value, so a run can also be stopped later, when other runs do better.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Rungs above this number of logged values are left out, since no run reaches them.
MAX_RUNG = 10**9


@dataclass(frozen=True)
class EarlyTerminate:
    """The `early_terminate:` section.

    Attributes:
        min_iter: The first rung, for rungs that grow from `min_iter`.
        max_iter: The full length of a run, for rungs that shrink from `max_iter`; wins over `min_iter`.
        s: Number of rungs below `max_iter`.
        eta: Ratio between rungs, and the inverse of the share of runs that survive.
        strict: Whether a run's value at the rung is compared; otherwise its best value so far.
        min_runs: Number of runs that must have reached a rung before any is stopped there.
    """

    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3
    strict: bool = True
    min_runs: int = 1


@dataclass(frozen=True)
class MetricValues:
    """The metric of one run as Hyperband sees it; smaller is better.

    Attributes:
        at_rung: Value at each rung the run has reached.
        best: Smallest of all values the run has logged.
    """

    at_rung: Mapping[int, float]
    best: float


@dataclass(frozen=True)
class Verdict:
    """Why a run is stopped.

    Attributes:
        rung: The rung, in logged values.
        value: The run's value that was compared.
        threshold: The worst value that survives.
        population: Number of runs that have reached the rung.
    """

    rung: int
    value: float
    threshold: float
    population: int


def hyperband_rungs(settings: EarlyTerminate | None) -> tuple[int, ...]:
    """Rungs in ascending order, counted in logged values of the metric; empty without settings.

    With `max_iter`: `max_iter / eta**i` for `i = 1..s`, where it is at least 1. Else: `min_iter * eta**k`.
    """
    if settings is None:
        return ()
    found: list[int] = []
    if settings.max_iter is not None:
        rung = float(settings.max_iter)
        for _ in range(settings.s or 0):
            rung /= settings.eta
            if rung < 1:
                break
            found.append(int(rung))
    elif settings.min_iter is not None:
        rung = float(settings.min_iter)
        while rung <= MAX_RUNG and len(found) < 100:
            found.append(int(rung))
            rung *= settings.eta
    return tuple(sorted(set(found)))


def survivors(n: int, eta: float) -> int:
    """Number of `n` runs with different values that survive a rung: `floor(n / eta) + 1`, at most `n`."""
    return min(int(n / eta) + 1, n)


def threshold(values: Iterable[float], eta: float) -> float:
    """Worst value that survives, given all values at a rung; smaller is better."""
    ranked = sorted(values)
    return ranked[survivors(len(ranked), eta) - 1]


def verdicts(
    settings: EarlyTerminate, values: Mapping[str, MetricValues], running: Iterable[str]
) -> dict[str, Verdict]:
    """Verdict on every run that is to be stopped, by run name.

    Args:
        settings: Hyperband's settings.
        values: Metric of every run that has logged it, by run name.
        running: Names of the runs that can be stopped.
    """
    thresholds: dict[int, tuple[float, int]] = {}
    stopped: dict[str, Verdict] = {}
    for name in running:
        own = values.get(name)
        if own is None or not own.at_rung:
            continue
        rung = max(own.at_rung)
        if rung not in thresholds:
            at_rung = [run.at_rung[rung] for run in values.values() if rung in run.at_rung]
            thresholds[rung] = threshold(at_rung, settings.eta), len(at_rung)
        limit, population = thresholds[rung]
        value = own.at_rung[rung] if settings.strict else own.best
        if value > limit and population >= settings.min_runs:
            stopped[name] = Verdict(rung, value, limit, population)
    return stopped
