"""Drift and instability: KL from the starting model, gradient norms, numbers that are not finite."""

import math
from collections.abc import Mapping

import numpy as np
from pydantic import PositiveFloat

from agent.health.curve import Curve, trailing_median
from agent.health.finding import Finding
from agent.health.seen import Check, Factor, Limits, Seen

KL = "train/kl"
HELD_OUT_KL = "objective/kl"
GRAD_NORM = "train/grad_norm"

SPIKE_WINDOW = 10
"""Values before a point that a spike must exceed."""
MIN_BEFORE_SPIKE = 3
"""Values that must come before a spike."""
MIN_MEDIAN_WINDOW = 5
"""A median over fewer values is moved by two neighbouring spikes."""


class DriftLimits(Limits):
    """Limits of KL and gradient norms."""

    health_kl_max: PositiveFloat = 1.5
    """KL to the starting model (nats per token) above which a run is unhealthy."""
    health_kl_spike: Factor = 3.0
    """Warn of a KL above this many times the greatest of the ten steps before, and above
    `health_kl_spike_min`."""
    health_kl_spike_min: PositiveFloat = 0.1
    """KL (nats per token) below which nothing is a spike."""
    health_gradient_max: PositiveFloat = 10.0
    """Median gradient norm of some steps, before clipping, from which on a run is unstable."""


def kl_bound(kl: Curve, bound: float) -> Finding | None:
    """The first KL divergence (nats per token, from the starting weights) above `bound`."""
    found = kl.first(kl.values > bound)
    if found is None:
        return None
    step, value = found
    return Finding("KL diverging", step, f"KL {value:.3f} nats/token is above {bound:g}")


def kl_spike(kl: Curve, factor: float, minimum: float) -> Finding | None:
    """The first value above `factor` times the greatest of the ten before it, and above `minimum`.

    Args:
        kl: Nats per token, without sampling noise.
        factor: At least 1. Steady growth stays far below 3, even if it is exponential.
        minimum: Nats per token below which nothing is a spike, since a run starts at 0.
    """
    padded = np.concatenate([np.full(SPIKE_WINDOW, -np.inf), kl.values])
    before = np.lib.stride_tricks.sliding_window_view(padded, SPIKE_WINDOW)[: len(kl)].max(axis=1)
    spikes = kl.values > np.maximum(minimum, factor * before)
    spikes[:MIN_BEFORE_SPIKE] = False
    if not spikes.any():
        return None
    place = int(spikes.argmax())
    evidence = f"KL jumped to {kl.values[place]:.3f} nats/token, from at most {before[place]:.3f} before"
    return Finding("KL spike", int(kl.steps[place]), evidence)


def exploding_gradient(norms: Curve, window: int, limit: float) -> Finding | None:
    """The first step at which the median gradient norm (before clipping) of `window` steps reaches `limit`.

    It is a median because a single spike, however high, is clipped and does no harm.
    """
    smooth = trailing_median(norms, max(window, MIN_MEDIAN_WINDOW))
    found = smooth.first(smooth.values >= limit)
    if found is None:
        return None
    step, value = found
    return Finding("unstable", step, f"gradient norm {value:.3g} (trailing median) reaches {limit:g}")


def not_finite(values: Mapping[str, float], step: int) -> Finding | None:
    """NaN or infinity among the values of a step."""
    broken = sorted(name for name, value in values.items() if not math.isfinite(value))
    if broken:
        return Finding("not finite", step, f"{', '.join(broken)} is NaN or infinite")
    return None


def nothing_scored(unscored: int, samples: int, step: int) -> Finding | None:
    """A measurement in which none of `samples` completions could be scored."""
    if unscored < samples:
        return None
    return Finding("not finite", step, "no held-out completion could be scored")


def _kl_bound(seen: Seen, limits: DriftLimits) -> Finding | None:
    # On the starting model's own contexts a healthy policy may drift further than on those that it reaches.
    metric = HELD_OUT_KL if HELD_OUT_KL in seen.curves else KL
    return kl_bound(seen.logged(metric), limits.health_kl_max)


def _kl_spike(seen: Seen, limits: DriftLimits) -> Finding | None:
    return kl_spike(seen.logged(KL), limits.health_kl_spike, limits.health_kl_spike_min)


def _exploding_gradient(seen: Seen, limits: DriftLimits) -> Finding | None:
    return exploding_gradient(seen.logged(GRAD_NORM), seen.window, limits.health_gradient_max)


CHECKS = (
    Check((KL, HELD_OUT_KL), _kl_bound),
    Check((KL,), _kl_spike),
    Check((GRAD_NORM,), _exploding_gradient),
)
