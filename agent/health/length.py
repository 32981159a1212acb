"""Completions that become much longer or shorter, and completions that are cut off."""

from agent.health.curve import Curve
from agent.health.finding import Finding


def length_shift(length: Curve, start: float, ratio: float) -> Finding | None:
    """The first mean length that differs from the starting model's by more than a factor.

    Args:
        length: tokens per completion.
        start: that of the starting model, measured alike.
        ratio: at least 1, in either direction.
    """
    found = length.first((length.values > ratio * start) | (length.values * ratio < start))
    if found is None:
        return None
    step, value = found
    return Finding("length shift", step, f"{value:.1f} tokens per completion (starting model: {start:.1f})")


def truncated(share: Curve, start: float, margin: float) -> Finding | None:
    """The first share of cut-off completions that exceeds the starting model's by more than `margin`."""
    found = share.first(share.values > start + margin)
    if found is None:
        return None
    step, value = found
    return Finding("truncated", step, f"{value:.0%} of completions are cut off (starting model: {start:.0%})")
