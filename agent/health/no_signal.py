"""Steps that teach nothing: groups whose completions all score the same have no advantages."""

from agent.health.curve import Curve
from agent.health.finding import Finding


def no_signal(zero_variance: Curve, most: float) -> Finding | None:
    """The first step at which the smoothed share of zero-variance groups is above `most`, in [0, 1]."""
    found = zero_variance.first(zero_variance.values > most)
    if found is None:
        return None
    step, value = found
    return Finding("no signal", step, f"{value:.0%} of groups have equal rewards and train nothing")
