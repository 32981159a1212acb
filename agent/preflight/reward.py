"""Checks whether a reward distinguishes good completions from bad ones."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from agent.preflight.check import Check
from rewards.base import Sample
from rewards.compose import RewardSuite

MARGIN = 0.1
"""Minimum difference between the median score of good completions and the highest score of bad ones."""
_SATURATED = 0.99
"""Median score of good completions above which a reward cannot rise further."""


def check_reward(suite: RewardSuite, good: Sequence[Sample], bad: Sequence[Sample]) -> Check:
    """Whether `suite` scores known good samples above known bad ones.

    Args:
        suite: The reward that runs train on.
        good: Known good samples; empty for a control, such as a random reward.
        bad: Known bad samples.
    """
    if not good:
        return Check("reward", "warning", "not checked: it is a control, which is not meant to be learned")
    scores = suite.score([*good, *bad])
    totals = scores.totals
    if np.isnan(totals[: len(good)]).any():
        return Check("reward", "error", f"a known good completion could not be scored: {scores.reason}")
    high, low = median(totals[: len(good)]), max([0.0, *(t for t in totals[len(good) :] if not np.isnan(t))])
    text = f"known good completions score {high:.2f} (median), the best of the bad ones {low:.2f}"
    if high - low < MARGIN:
        return Check("reward", "error", f"{text}: a run could not learn the difference; check the weights")
    if high > _SATURATED:
        return Check("reward", "warning", f"{text}: saturated: better completions cannot score higher")
    return Check("reward", "ok", text)
