"""Gradients that grow beyond what clipping can mend."""

from agent.health.curve import Curve
from agent.health.finding import Finding


def exploding_gradient(norms: Curve, most: float) -> Finding | None:
    """The first step at which a smoothed gradient norm (before clipping) reaches `most`.

    Smoothed, because a single spike, which clipping takes care of, is no finding.
    """
    found = norms.first(norms.values >= most)
    if found is None:
        return None
    step, value = found
    return Finding("unstable", step, f"gradient norm {value:.3g} (trailing mean) reaches {most:g}")
