"""Drift from the starting model."""

from agent.health.finding import Finding


def kl_bound(kl: float, bound: float, step: int) -> Finding | None:
    """Find a KL divergence (nats per token, against the starting weights) beyond `bound`."""
    if not kl <= bound:  # NaN is beyond any bound
        return Finding("KL diverging", step, f"KL {kl:.3f} nats/token is above {bound:g}")
    return None
