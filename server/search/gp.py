"""Search with a Gaussian process: propose the point with the largest expected improvement.

Reference: Jones, Schonlau, Welch, "Efficient Global Optimization of Expensive Black-Box Functions" (1998).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from server.search.distributions import Axis
from server.search.gaussian import Array, Coordinates, GaussianProcess, unit
from server.search.space import SweepSpec
from server.search.trial import Trial

_RANDOM_CANDIDATES = 512
"""Number of candidates drawn from the whole space at the start."""
_ROUNDS = 3
_NEIGHBOURS = 256
"""Number of candidates drawn around the best ones in each round."""
_CENTRES = 5
"""Number of best candidates around which new ones are drawn."""
_WIDTH, _SHRINK = 0.25, 2.5
"""Standard deviation of a neighbour's distance, as a share of the axis, and its divisor after each round."""
_LOWER_LIMIT = 1.5
"""Values are clipped this many times as far below the median as the best value lies above it."""


def gp_point(spec: SweepSpec, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Next value to try of every parameter that is not constant, by name.

    A run that Hyperband stopped counts with its value at its last rung. For a running run, the mean of the
    process counts as its value, so that its point is not proposed again.

    Args:
        spec: A sweep with a metric.
        trials: The results so far; at least one is `finished` or `pruned`.
        seed: Seed of all random numbers.
    """
    assert spec.metric is not None
    rng = np.random.default_rng(seed)
    searched = {name: d for name, d in spec.parameters.items() if not d.is_constant}
    coordinates = Coordinates([d.axis for d in searched.values()])

    def positions(states: tuple[str, ...]) -> Array:
        rows = [[d.encode(t.point[n]) for n, d in searched.items()] for t in trials if t.state in states]
        return np.array(rows, dtype=float).reshape(-1, len(searched))

    ended, running = positions(("finished", "pruned")), positions(("running",))
    sign = 1 if spec.metric.goal == "maximize" else -1
    values = np.array([sign * _value(t) for t in trials if t.state in ("finished", "pruned")])
    process = GaussianProcess(coordinates.of(ended), _standardised(values), coordinates.owner)
    process = process.kriging_believer(coordinates.of(running))
    tried = np.vstack([ended, running])
    mean, _ = process.predict(coordinates.of(tried))
    proposal = _best_candidate(process, coordinates, tried[np.argsort(-mean)], float(mean.max()), rng)
    return {name: d.decode(position) for (name, d), position in zip(searched.items(), proposal, strict=True)}


def _value(trial: Trial) -> float:
    if trial.value is not None:
        return trial.value
    assert trial.at_rung
    return trial.at_rung[max(trial.at_rung)]


def _standardised(values: Array) -> Array:
    """Values [n] with very bad ones clipped, scaled to mean 0 and variance 1; all 0 if all are equal."""
    for quantile in np.quantile(values, (0.5, 0.25, 0.0)):
        # If at least half of the runs share the best value, the median cannot set the limit: use a lower one.
        if quantile < values.max():
            clipped = np.maximum(values, quantile - _LOWER_LIMIT * (values.max() - quantile))
            return np.asarray((clipped - clipped.mean()) / clipped.std())
    return np.zeros_like(values)


def _best_candidate(
    process: GaussianProcess, coordinates: Coordinates, tried: Array, best: float, rng: np.random.Generator
) -> Array:
    """Position [parameters] with the largest expected improvement among random candidates.

    Each round adds candidates around the best ones, nearer than in the round before.

    Args:
        process: The fitted process.
        coordinates: The coordinates of the process.
        tried: Positions [n, parameters] of the trials, best first.
        best: Largest mean of the process at these positions.
        rng: Source of the candidates.
    """
    axes, width, centres = coordinates.axes, _WIDTH, tried[:_CENTRES]
    candidates = np.column_stack([_random_positions(axis, _RANDOM_CANDIDATES, rng) for axis in axes])
    for _ in range(_ROUNDS):
        candidates = np.vstack([candidates, _neighbours(axes, centres, width, rng)])
        improvement = _expected_improvement(process, coordinates.of(candidates), best)
        candidates = candidates[np.argsort(-improvement)[:_NEIGHBOURS]]
        centres, width = candidates[:_CENTRES], width / _SHRINK
    return np.asarray(candidates[0])


def _expected_improvement(process: GaussianProcess, x: Array, best: float) -> Array:
    mean, deviation = process.predict(x)
    z = (mean - best) / deviation
    return np.asarray(deviation * (z * ndtr(z) + np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)))


def _random_positions(axis: Axis, count: int, rng: np.random.Generator) -> Array:
    if axis.kind == "float":
        return _positions(axis, rng.random(count))
    return rng.integers(int(axis.low), int(axis.high), count, endpoint=True).astype(float)


def _positions(axis: Axis, share: Array) -> Array:
    """Positions at shares in [0, 1] of a numeric axis; rounded on an integer axis."""
    share = np.clip(share, 0, 1)
    if axis.log:
        return np.asarray(np.clip(axis.low * (axis.high / axis.low) ** share, axis.low, axis.high))
    position = axis.low + share * (axis.high - axis.low)
    return np.asarray(np.round(position) if axis.kind == "int" else np.clip(position, axis.low, axis.high))


def _neighbours(axes: Sequence[Axis], centres: Array, width: float, rng: np.random.Generator) -> Array:
    """Candidates that differ from a random centre in about one parameter, in about three, or in all."""
    start = centres[rng.integers(len(centres), size=_NEIGHBOURS)]
    changed_count = rng.choice([1, min(3, len(axes)), len(axes)], size=(_NEIGHBOURS, 1))
    changed = rng.random(start.shape) < changed_count / len(axes)
    moved = np.column_stack([_moved(axis, start[:, i], width, rng) for i, axis in enumerate(axes)])
    return np.asarray(np.where(changed, moved, start))


def _moved(axis: Axis, start: Array, width: float, rng: np.random.Generator) -> Array:
    """Random positions near `start`; on a categorical axis, any position."""
    if axis.kind == "categorical":
        return _random_positions(axis, len(start), rng)
    if axis.kind == "int":
        # With a smaller width, rounding would nearly always give the same integer again.
        width = max(width, 0.8 / (axis.high - axis.low))
    return _positions(axis, unit(axis, start) + rng.normal(0, width, len(start)))
