"""Search with a Gaussian process: propose the point of which most improvement is expected.

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

_ANYWHERE, _NEAR, _ROUNDS = 512, 256, 3
"""Candidates drawn from the whole space, and those drawn around the best ones in each round that follows."""
_CENTRES = 5
_WIDTH, _NARROWER = 0.25, 2.5
"""How far a candidate lies from its centre, as a share of an axis, and by how much less in the next round."""
_DEEPEST = 1.5
"""Values further below the median than this many times what the best lies above it count as that."""


def gp_point(spec: SweepSpec, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Return the position to try of every parameter that is not constant.

    A run that Hyperband stopped counts with its value at its last rung. Where runs are under way, what the
    process expects of them is taken for known, so that nobody repeats their points.

    Args:
        spec: A sweep with a metric.
        trials: At least one of them finished or pruned.
        seed: Makes the draw reproducible.
    """
    assert spec.metric is not None
    rng = np.random.default_rng(seed)
    searched = {name: d for name, d in spec.parameters.items() if not d.is_constant}
    coordinates = Coordinates([d.axis for d in searched.values()])

    def positions(state: tuple[str, ...]) -> Array:
        rows = [[d.encode(t.point[n]) for n, d in searched.items()] for t in trials if t.state in state]
        return np.array(rows, dtype=float).reshape(-1, len(searched))

    known, running = positions(("finished", "pruned")), positions(("running",))
    sign = 1 if spec.metric.goal == "maximize" else -1
    values = np.array([sign * _value(t) for t in trials if t.state in ("finished", "pruned")])
    process = GaussianProcess(coordinates.of(known), _standardised(values), coordinates.owner)
    process = process.kriging_believer(coordinates.of(running))
    taken = np.vstack([known, running])
    expected, _ = process.predict(coordinates.of(taken))
    chosen = _most_promising(process, coordinates, taken[np.argsort(-expected)], float(expected.max()), rng)
    return {name: d.decode(position) for (name, d), position in zip(searched.items(), chosen, strict=True)}


def _value(trial: Trial) -> float:
    if trial.value is not None:
        return trial.value
    assert trial.at_rung
    return trial.at_rung[max(trial.at_rung)]


def _standardised(values: Array) -> Array:
    """Return values about 0 and of unit variance; how bad the worst are is no matter."""
    for quantile in np.quantile(values, (0.5, 0.25, 0.0)):
        # Where half of the runs share the best value, their spread says nothing: look at more of them.
        if quantile < values.max():
            kept = np.maximum(values, quantile - _DEEPEST * (values.max() - quantile))
            return np.asarray((kept - kept.mean()) / kept.std())
    return np.zeros_like(values)


def _most_promising(
    process: GaussianProcess, coordinates: Coordinates, taken: Array, best: float, rng: np.random.Generator
) -> Array:
    """Return the position of most expected improvement: sought everywhere, then ever nearer to the best."""
    axes, width, centres = coordinates.axes, _WIDTH, taken[:_CENTRES]
    candidates = np.column_stack([_anywhere(axis, _ANYWHERE, rng) for axis in axes])
    for _ in range(_ROUNDS):
        candidates = np.vstack([candidates, _near(axes, centres, width, rng)])
        improvement = _expected_improvement(process, coordinates.of(candidates), best)
        candidates = candidates[np.argsort(-improvement)[:_NEAR]]
        centres, width = candidates[:_CENTRES], width / _NARROWER
    return np.asarray(candidates[0])


def _expected_improvement(process: GaussianProcess, x: Array, best: float) -> Array:
    mean, deviation = process.predict(x)
    z = (mean - best) / deviation
    return np.asarray(deviation * (z * ndtr(z) + np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)))


def _anywhere(axis: Axis, count: int, rng: np.random.Generator) -> Array:
    if axis.kind == "float":
        return _along(axis, rng.random(count))
    return rng.integers(int(axis.low), int(axis.high), count, endpoint=True).astype(float)


def _along(axis: Axis, share: Array) -> Array:
    """Return the positions at shares of a numeric axis; whole ones on an axis of integers."""
    share = np.clip(share, 0, 1)
    if axis.log:
        return np.asarray(np.clip(axis.low * (axis.high / axis.low) ** share, axis.low, axis.high))
    position = axis.low + share * (axis.high - axis.low)
    return np.asarray(np.round(position) if axis.kind == "int" else np.clip(position, axis.low, axis.high))


def _near(axes: Sequence[Axis], centres: Array, width: float, rng: np.random.Generator) -> Array:
    """Return candidates that differ from one of the centres in one parameter, in a few, or in all."""
    start = centres[rng.integers(len(centres), size=_NEAR)]
    how_many = rng.choice([1, min(3, len(axes)), len(axes)], size=(_NEAR, 1))
    changed = rng.random(start.shape) < how_many / len(axes)
    moved = np.column_stack([_moved(axis, start[:, i], width, rng) for i, axis in enumerate(axes)])
    return np.asarray(np.where(changed, moved, start))


def _moved(axis: Axis, start: Array, width: float, rng: np.random.Generator) -> Array:
    if axis.kind == "categorical":
        return _anywhere(axis, len(start), rng)
    if axis.kind == "int":
        # Narrower than its steps, an axis of integers would stand still.
        width = max(width, 0.8 / (axis.high - axis.low))
    return _along(axis, unit(axis, start) + rng.normal(0, width, len(start)))
