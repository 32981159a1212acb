"""Whether a reward can tell good from bad at all."""

import random
from collections.abc import Sequence
from statistics import median

import numpy as np

from agent.preflight.finding import Check
from agent.tasks.plasmid.corpus import load_corpus
from rewards.base import Sample
from rewards.compose import RewardSuite

GOOD = 8
"""Real plasmids that are scored."""
MARGIN = 0.1
"""By which the median real plasmid must score above the best of what is no plasmid."""
_FULL = 0.99


def known_good() -> list[str]:
    """Real plasmids."""
    return list(load_corpus().held_out[:GOOD])


def known_bad() -> list[str]:
    """What no reward may like: nothing, one letter, one unit repeated, random bases."""
    rng = random.Random(0)
    return ["", "A" * 3_000, "ATGC" * 750, "".join(rng.choices("ACGT", k=3_000))]


def check_reward(suite: RewardSuite, good: Sequence[str], bad: Sequence[str]) -> Check:
    """Score known good and known bad sequences with the reward that runs train on."""
    scores = suite.score([Sample("", sequence) for sequence in [*good, *bad]])
    totals = scores.totals
    if np.isnan(totals[: len(good)]).any():
        return Check("reward", "error", f"a known good sequence could not be scored: {scores.reason}")
    high, low = median(totals[: len(good)]), max([0.0, *(t for t in totals[len(good) :] if not np.isnan(t))])
    text = f"known good sequences score {high:.2f} (median), the best of the bad ones {low:.2f}"
    if high - low < MARGIN:
        return Check("reward", "error", f"{text}: a run could not learn the difference; look at its weights")
    if high > _FULL:
        return Check("reward", "warning", f"{text}: saturated, nothing better is rewarded")
    return Check("reward", "ok", text)
