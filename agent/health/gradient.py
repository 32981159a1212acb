"""Gradients that grow beyond what clipping can mend."""

from agent.health.curve import Curve, trailing_median
from agent.health.finding import Finding

_LEAST_WINDOW = 5
"""A median over fewer values is moved by two spikes side by side."""


def exploding_gradient(norms: Curve, window: int, most: float) -> Finding | None:
    """The first step at which the median gradient norm (before clipping) of `window` steps reaches `most`.

    The median, because a single spike, which clipping takes care of, is no finding however high.
    """
    smooth = trailing_median(norms, max(window, _LEAST_WINDOW))
    found = smooth.first(smooth.values >= most)
    if found is None:
        return None
    step, value = found
    return Finding("unstable", step, f"gradient norm {value:.3g} (trailing median) reaches {most:g}")
