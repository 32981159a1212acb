"""Loss of randomness: a policy that has made up its mind explores no more."""

from agent.health.curve import Curve
from agent.health.finding import Finding


def entropy_collapse(entropy: Curve, start: float, least: float) -> Finding | None:
    """The first entropy below a share of the starting model's.

    Args:
        entropy: nats per token.
        start: that of the starting model, measured alike.
        least: smallest share of `start`, in [0, 1].
    """
    found = entropy.first(entropy.values < least * start)
    if found is None:
        return None
    step, value = found
    return Finding("collapsed", step, f"entropy {value:.3f} nats/token (starting model: {start:.3f})")
