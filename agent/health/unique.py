"""Training batches whose completions become copies of each other."""

from agent.health.curve import Curve
from agent.health.finding import Finding


def lost_unique(unique: Curve, start: float, least: float) -> Finding | None:
    """The first smoothed share of distinct completions below `least` times that at the start."""
    found = unique.first(unique.values < least * start)
    if found is None:
        return None
    step, value = found
    return Finding("collapsed", step, f"{value:.0%} of completions are distinct (at the start: {start:.0%})")
