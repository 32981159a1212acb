"""Signs in the curves of a run that only the whole sweep, or the end of the run, can tell.

Everything else is judged by `agent.health.checks`, which the running agent uses too; so are these, where it
can.
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
"""How many standard errors a gain must exceed to count as learning."""


def kl_diverging(kl: pd.Series, bound: float) -> Verdict | None:
    """The first step at which KL exceeds a bound (nats per token)."""
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
    """A final score that lies clearly below the peak: reward hacking if the training reward rose meanwhile.

    Args:
        score: The objective.
        reward: Training reward (None where the objective is the training reward, or it was not logged).
        start: The objective at the start.
        noise: Standard deviation of one value of `score`.
        limits: How far a fall must go.
        sign: 1 if more is better, else -1.
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
    """A gain over the start that cannot be told from none; both ends are measured with noise.

    Args:
        final: The objective at the end.
        start: The objective at the start.
        step: The last training step.
        noise: Standard deviation of one of them.
        sign: 1 if more is better, else -1.
    """
    gain = sign * (final - start)
    margin = NOT_LEARNING_NOISE * math.sqrt(2) * noise
    if gain > margin:
        return None
    how = "within noise" if gain >= -margin else "worse by more than noise"
    return Verdict(
        VerdictKind.NOT_LEARNING, step, f"{final - start:+.4f} against the start, {how} (±{margin:.4f})"
    )
