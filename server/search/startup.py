"""The first points of a Bayesian search, which there are no results to learn from."""

from typing import Any

from server.search.random_search import random_point
from server.search.space import SweepSpec

STARTUP_RUNS = 10
"""Until this many runs have a result, no sampler is used in a long sweep."""


def startup_runs(spec: SweepSpec) -> int:
    """Number of runs before a sampler is used: at most half of the sweep's, but all points of the file."""
    half = STARTUP_RUNS if spec.run_cap is None else max(1, spec.run_cap // 2)
    return max(len(spec.first_points), min(STARTUP_RUNS, half))


def startup_point(spec: SweepSpec, runs: int, number: int, seed: int) -> dict[str, Any] | None:
    """The next point of a search that has not learnt yet; None once a sampler is to propose it.

    It is the next of the sweep file's first points, then a random one.

    Args:
        spec: The sweep.
        runs: Number of the sweep's runs.
        number: How many points were proposed before.
        seed: Seed of all random numbers.
    """
    if runs >= startup_runs(spec):
        return None
    return dict(spec.first_points[number]) if number < len(spec.first_points) else random_point(spec, seed)
