"""Drift from the starting model."""

import numpy as np

from agent.health.curve import Curve
from agent.health.finding import Finding

SPIKE_WINDOW = 10
"""Values before a point that a spike must stand out from."""
_LEAST_BEFORE = 3


def kl_bound(kl: Curve, bound: float) -> Finding | None:
    """The first KL divergence (nats per token, against the starting weights) beyond `bound`."""
    found = kl.first(kl.values > bound)
    if found is None:
        return None
    step, value = found
    return Finding("KL diverging", step, f"KL {value:.3f} nats/token is above {bound:g}")


def kl_spike(kl: Curve, factor: float, least: float) -> Finding | None:
    """The first value above `factor` times the greatest of the ten before it, and above `least`.

    Args:
        kl: nats per token, without sampling noise.
        factor: at least 1; steady growth stays far below 3, even if exponential.
        least: nats per token under which nothing is a spike: a run starts at 0.
    """
    padded = np.concatenate([np.full(SPIKE_WINDOW, -np.inf), kl.values])
    before = np.lib.stride_tricks.sliding_window_view(padded, SPIKE_WINDOW)[: len(kl)].max(axis=1)
    spikes = kl.values > np.maximum(least, factor * before)
    spikes[:_LEAST_BEFORE] = False
    if not spikes.any():
        return None
    place = int(spikes.argmax())
    evidence = f"KL jumped to {kl.values[place]:.3f} nats/token, from at most {before[place]:.3f} before"
    return Finding("KL spike", int(kl.steps[place]), evidence)
