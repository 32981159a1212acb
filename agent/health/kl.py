"""Drift from the starting model."""

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
    for place in range(_LEAST_BEFORE, len(kl)):
        before = float(kl.values[max(0, place - SPIKE_WINDOW) : place].max())
        value = float(kl.values[place])
        if value > max(least, factor * before):
            evidence = f"KL jumped to {value:.3f} nats/token from at most {before:.3f} in the steps before"
            return Finding("KL spike", int(kl.steps[place]), evidence)
    return None
