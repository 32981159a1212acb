"""Hyperband as W&B describes it: the rungs, and which runs to stop at them.

A rung is a number of *logged values*: finite values of the sweep's metric in a run's history. Sort the n
values that runs have at a rung, best first. A run survives if its own value is no worse than the one at
position `floor(n / eta)`, counted from 0. Crashed and finished runs are among the n. The rule is applied
again whenever a run logs a new value, so a run that survived a rung at first can be stopped later, when other
runs do better.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MAX_RUNG = 10**9
"""Larger rungs are left out, since no run logs so many values."""


@dataclass(frozen=True)
class EarlyTerminate:
    """The `early_terminate:` section.

    Attributes:
        min_iter: The first rung; the others are `min_iter * eta`, `min_iter * eta**2`, ...
        max_iter: The full length of a run; the rungs are `max_iter / eta`, `max_iter / eta**2`, ... If both
            are set, `min_iter` is ignored.
        s: Number of rungs below `max_iter`.
        eta: Ratio between neighbouring rungs. About one run in `eta` survives a rung.
        strict: Whether to compare a run's value at the rung; if false, its best value so far is compared.
        min_runs: No run is stopped at a rung that fewer runs than this have reached.
    """

    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    eta: float = 3
    strict: bool = True
    min_runs: int = 1


@dataclass(frozen=True)
class MetricValues:
    """The metric of one run; smaller is better.

    Attributes:
        at_rung: Value at each rung that the run has reached, by rung.
        best: Smallest of all values the run has logged.
    """

    at_rung: Mapping[int, float]
    best: float


@dataclass(frozen=True)
class Verdict:
    """Why a run is stopped.

    Attributes:
        rung: The rung, in logged values.
        value: The value of the run that was compared with the threshold.
        threshold: The worst value that survives.
        population: Number of runs that have reached the rung.
    """

    rung: int
    value: float
    threshold: float
    population: int


def hyperband_rungs(settings: EarlyTerminate | None) -> tuple[int, ...]:
    """Rungs in ascending order, counted in logged values of the metric; empty without settings.

    With `max_iter`: `max_iter / eta**i` for `i = 1..s`, as far as it is at least 1. Without `max_iter`:
    `min_iter * eta**k` for `k = 0, 1, ...`.
    """
    if settings is None:
        return ()
    rungs: list[int] = []
    if settings.max_iter is not None:
        rung = float(settings.max_iter)
        for _ in range(settings.s or 0):
            rung /= settings.eta
            if rung < 1:
                break
            rungs.append(int(rung))
    elif settings.min_iter is not None:
        rung = float(settings.min_iter)
        while rung <= MAX_RUNG and len(rungs) < 100:
            rungs.append(int(rung))
            rung *= settings.eta
    return tuple(sorted(set(rungs)))


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
    """Reason to stop, by run name, for each of the running runs that must stop.

    Args:
        settings: The `early_terminate:` section.
        values: Metric values of all runs that have logged any, by run name.
        running: Names of the runs that can be stopped.
    """
    thresholds: dict[int, tuple[float, int]] = {}
    stopped: dict[str, Verdict] = {}
    for name in running:
        run_values = values.get(name)
        if run_values is None or not run_values.at_rung:
            continue
        rung = max(run_values.at_rung)
        if rung not in thresholds:
            at_rung = [other.at_rung[rung] for other in values.values() if rung in other.at_rung]
            thresholds[rung] = threshold(at_rung, settings.eta), len(at_rung)
        limit, population = thresholds[rung]
        value = run_values.at_rung[rung] if settings.strict else run_values.best
        if value > limit and population >= settings.min_runs:
            stopped[name] = Verdict(rung, value, limit, population)
    return stopped
