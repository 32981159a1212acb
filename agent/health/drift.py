"""Drift and instability: KL to the starting weights, gradient norms, values that are not finite."""

import math
from collections.abc import Mapping

import numpy as np
from pydantic import PositiveFloat

from agent.health.base import Check, Factor, Limits, LoggedMetrics
from agent.health.curve import Curve, trailing_median
from agent.health.finding import Finding

KL = "train/kl"
HELD_OUT_KL = "objective/kl"
GRAD_NORM = "train/grad_norm"

SPIKE_WINDOW = 10
"""Number of values before a point with which it is compared."""
MIN_BEFORE_SPIKE = 3
"""Minimum number of values before a spike."""
MIN_MEDIAN_WINDOW = 5
"""Minimum number of values for a median: two neighbouring spikes would shift a median of fewer."""


class DriftLimits(Limits):
    """Limits of KL and gradient norms."""

    health_kl_max: PositiveFloat = 1.5
    """Maximum KL to the starting weights, in nats per token. Above it, a run is unhealthy."""
    health_kl_spike: Factor = 3.0
    """Warn if `train/kl` is above this many times its maximum over the ten steps before, and above
    `health_kl_spike_min`."""
    health_kl_spike_min: PositiveFloat = 0.1
    """Minimum KL of a spike, in nats per token."""
    health_gradient_max: PositiveFloat = 10.0
    """Median gradient norm of several steps, before clipping, at which a run is unstable."""


def kl_bound(kl: Curve, bound: float) -> Finding | None:
    """The finding at the first KL above `bound`, both in nats per token; `None` if there is none."""
    found = kl.first(kl.values > bound)
    if found is None:
        return None
    step, value = found
    return Finding("KL diverging", step, f"KL {value:.3f} nats/token is above {bound:g}")


def kl_spike(kl: Curve, factor: float, minimum: float) -> Finding | None:
    """The finding at the first KL above `minimum` and `factor` times the maximum of the ten values before it.

    Args:
        kl: KL in nats per token, without sampling noise.
        factor: At least 1. Steady growth, even exponential, stays far below a factor of 3.
        minimum: In nats per token. KL starts at 0, so without it any early growth would be a spike.
    """
    padded = np.concatenate([np.full(SPIKE_WINDOW, -np.inf), kl.values])
    before = np.lib.stride_tricks.sliding_window_view(padded, SPIKE_WINDOW)[: len(kl)].max(axis=1)
    spikes = kl.values > np.maximum(minimum, factor * before)
    spikes[:MIN_BEFORE_SPIKE] = False
    if not spikes.any():
        return None
    index = int(spikes.argmax())
    evidence = f"KL jumped to {kl.values[index]:.3f} nats/token, from at most {before[index]:.3f} before"
    return Finding("KL spike", int(kl.steps[index]), evidence)


def exploding_gradient(norms: Curve, window: int, limit: float) -> Finding | None:
    """The finding at the first step at which the median of `norms` over `window` steps reaches `limit`.

    It is a median because a single spike, however high, is clipped and does no harm.

    Args:
        norms: Gradient norms before clipping.
        window: Number of steps; at least `MIN_MEDIAN_WINDOW` are used.
        limit: Median at which the run is unstable.
    """
    smooth = trailing_median(norms, max(window, MIN_MEDIAN_WINDOW))
    found = smooth.first(smooth.values >= limit)
    if found is None:
        return None
    step, value = found
    return Finding("unstable", step, f"gradient norm {value:.3g} (trailing median) reaches {limit:g}")


def not_finite(values: Mapping[str, float], step: int) -> Finding | None:
    """The finding that some `values` of a step are NaN or infinite; `None` if all are finite."""
    broken = sorted(name for name, value in values.items() if not math.isfinite(value))
    if broken:
        return Finding("not finite", step, f"{', '.join(broken)} is NaN or infinite")
    return None


def nothing_scored(unscored: int, samples: int, step: int) -> Finding | None:
    """The finding that none of `samples` held-out completions could be scored; `None` if some could."""
    if unscored < samples:
        return None
    return Finding("not finite", step, "no held-out completion could be scored")


def _kl_bound(metrics: LoggedMetrics, limits: DriftLimits) -> Finding | None:
    # `train/kl` is measured on completions of the starting model, where a healthy policy may drift further.
    metric = HELD_OUT_KL if HELD_OUT_KL in metrics.curves else KL
    return kl_bound(metrics.logged(metric), limits.health_kl_max)


def _kl_spike(metrics: LoggedMetrics, limits: DriftLimits) -> Finding | None:
    return kl_spike(metrics.logged(KL), limits.health_kl_spike, limits.health_kl_spike_min)


def _exploding_gradient(metrics: LoggedMetrics, limits: DriftLimits) -> Finding | None:
    return exploding_gradient(metrics.logged(GRAD_NORM), metrics.window, limits.health_gradient_max)


CHECKS = (
    Check((KL, HELD_OUT_KL), _kl_bound),
    Check((KL,), _kl_spike),
    Check((GRAD_NORM,), _exploding_gradient),
)
