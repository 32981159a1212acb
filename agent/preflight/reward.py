"""Whether a reward can tell good from bad at all."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from agent.preflight.check import Check
from rewards.base import Sample
from rewards.compose import RewardSuite

MARGIN = 0.1
"""By which the median good completion must score above the best of the bad ones."""
_FULL = 0.99


def check_reward(suite: RewardSuite, good: Sequence[Sample], bad: Sequence[Sample]) -> Check:
    """Score known good and known bad samples with the reward that runs train on; a control knows none."""
    if not good:
        return Check("reward", "warning", "a control: it pays for nothing in particular")
    scores = suite.score([*good, *bad])
    totals = scores.totals
    if np.isnan(totals[: len(good)]).any():
        return Check("reward", "error", f"a known good completion could not be scored: {scores.reason}")
    high, low = median(totals[: len(good)]), max([0.0, *(t for t in totals[len(good) :] if not np.isnan(t))])
    text = f"known good completions score {high:.2f} (median), the best of the bad ones {low:.2f}"
    if high - low < MARGIN:
        return Check("reward", "error", f"{text}: a run could not learn the difference; look at its weights")
    if high > _FULL:
        return Check("reward", "warning", f"{text}: saturated, nothing better is rewarded")
    return Check("reward", "ok", text)
