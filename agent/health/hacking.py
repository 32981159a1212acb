"""Reward hacking: the training reward rises while the held-out score falls."""

import numpy as np

from agent.health.curve import Curve
from agent.health.finding import Finding


def score_fall(
    score: Curve, errors: Curve, reward: Curve, start: float, noise: float, share: float
) -> Finding | None:
    """A score that now lies clearly below its peak: reward hacking if the training reward rose meanwhile.

    Only the last value is judged: a score that fell and came back is sound.

    Args:
        score: held-out score, more is better.
        errors: standard error of each value of `score`, at the same steps.
        reward: smoothed training reward; empty where it was not logged, or is the score itself.
        start: score of the starting model.
        noise: how many standard errors a fall must exceed; a peak is the luckiest of many values.
        share: share of what had been gained over `start` that a fall must lose to count.
    """
    if not len(score):
        return None
    peak = int(np.argmax(score.values))
    highest, now = float(score.values[peak]), float(score.values[-1])
    error = float(np.sqrt((errors.values[peak] ** 2 + errors.values[-1] ** 2) / 2))
    fall = highest - now
    if fall <= noise * error or fall < share * (highest - start):
        return None
    step = int(score.steps[peak])
    text = f"held-out score fell from {highest:.4f} at step {step} to {now:.4f}"
    since = reward.values[reward.steps >= step]
    if len(since) > 1 and since[-1] > since[0]:
        rose = f" while the training reward rose from {since[0]:.4f} to {since[-1]:.4f}"
        return Finding("reward hacking", step, text + rose)
    return Finding("unstable", step, text)
