"""Lengths of completions: a large change, and completions that are cut off at the token limit."""

from agent.health.base import Check, Factor, Limits, LoggedMetrics, Share
from agent.health.curve import Curve
from agent.health.finding import Finding

MEAN_LENGTH = "objective/mean_length"
TRUNCATED = "objective/truncated_fraction"


class LengthLimits(Limits):
    """Limits of the lengths of completions."""

    health_length_ratio: Factor = 2.0
    """Warn if held-out completions are on average longer or shorter than the starting model's by more than
    this factor."""
    health_truncated_margin: Share = 0.5
    """Warn if the share of cut-off completions exceeds the starting model's by more than this."""


def length_shift(length: Curve, start: float, ratio: float) -> Finding | None:
    """The finding at the first mean length that differs from `start` by more than the factor `ratio`.

    Args:
        length: Mean number of tokens per completion.
        start: Mean of the starting model, measured in the same way.
        ratio: At least 1; applies in both directions.
    """
    found = length.first((length.values > ratio * start) | (length.values * ratio < start))
    if found is None:
        return None
    step, value = found
    return Finding("length shift", step, f"{value:.1f} tokens per completion (starting model: {start:.1f})")


def truncated(share: Curve, start: float, margin: float) -> Finding | None:
    """The finding at the first share of cut-off completions that exceeds `start` by more than `margin`."""
    found = share.first(share.values > start + margin)
    if found is None:
        return None
    step, value = found
    return Finding("truncated", step, f"{value:.0%} of completions are cut off (starting model: {start:.0%})")


def _length_shift(metrics: LoggedMetrics, limits: LengthLimits) -> Finding | None:
    return length_shift(metrics.logged(MEAN_LENGTH), metrics.start(MEAN_LENGTH), limits.health_length_ratio)


def _truncated(metrics: LoggedMetrics, limits: LengthLimits) -> Finding | None:
    return truncated(metrics.logged(TRUNCATED), metrics.start(TRUNCATED), limits.health_truncated_margin)


CHECKS = (Check((MEAN_LENGTH,), _length_shift), Check((TRUNCATED,), _truncated))
