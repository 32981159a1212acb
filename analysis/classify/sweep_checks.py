"""Checks that need the whole sweep, or a run that has ended.

All other checks are in `agent.health.checks`, which the running agent uses too.
"""

import math

import numpy as np
import pandas as pd

from agent.health.checks import HealthLimits
from agent.health.curve import Curve
from agent.health.drift import kl_bound
from agent.health.reward import score_fall
from analysis.classify.verdict_kinds import Verdict, VerdictKind, verdict_of_finding
from analysis.read.series import curve

NOT_LEARNING_NOISE = 2.5
"""Standard errors that a gain must exceed to count as learning."""


def kl_diverging(kl: pd.Series, bound: float) -> Verdict | None:
    """KL diverging from the first step with a KL above `bound` (nats per token); None if there is none."""
    found = kl_bound(curve(kl), bound)
    return None if found is None else verdict_of_finding(found)


def fallen(
    score: pd.Series,
    reward: pd.Series | None,
    start: float,
    noise: float,
    limits: HealthLimits,
    sign: int,
) -> Verdict | None:
    """Reward hacking or unstable, if the final score is clearly below its peak; else None.

    It is reward hacking if the training reward rose since the peak.

    Args:
        score: The objective.
        reward: Training reward; None where it was not logged or is the objective itself.
        start: The objective at the start.
        noise: Standard deviation of one value of `score`.
        limits: How large a fall must be.
        sign: 1 if a larger objective is better, else -1.
    """
    if len(score) < 3:
        return None
    values = curve(sign * score)
    errors = Curve(values.steps, np.full(len(values), noise))
    rewards = Curve.of(()) if reward is None else curve(reward)
    found = score_fall(
        values, errors, rewards, sign * start, limits.health_fall_noise, limits.health_fall_share
    )
    return None if found is None else verdict_of_finding(found)


def not_learning(final: float, start: float, step: int, noise: float, sign: int) -> Verdict | None:
    """Not learning, if the gain over the start is within noise or negative; else None.

    Both ends are measured with noise, so the margin is `NOT_LEARNING_NOISE` · sqrt(2) · `noise`.

    Args:
        final: The objective at the end.
        start: The objective at the start.
        step: The last training step.
        noise: Standard deviation of one value of the objective.
        sign: 1 if a larger objective is better, else -1.
    """
    gain = sign * (final - start)
    margin = NOT_LEARNING_NOISE * math.sqrt(2) * noise
    if gain > margin:
        return None
    reading = "within noise" if gain >= -margin else "worse by more than noise"
    return Verdict(
        VerdictKind.NOT_LEARNING, step, f"{final - start:+.4f} against the start, {reading} (±{margin:.4f})"
    )
