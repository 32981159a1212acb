"""Signs of ill health in the curves of a run, as pure functions on series indexed by training step.

Each gives the first sign as a `Finding` (kind, step, evidence) or None. KL is judged by the very function
that the running agent uses.
"""

from __future__ import annotations

import math

import pandas as pd

from agent.health.kl import kl_bound
from analysis.finding import Finding, Kind

GRADIENT_MAX = 10.0
"""Gradient norm (before clipping) from which on a step counts as exploding."""

UNIQUE_MIN = 0.5
"""Least share of distinct completions, as a fraction of the share at the start of the run."""

FALL_NOISE = 6.0
"""How many standard deviations of noise a fall must exceed; a peak is the luckiest of many values."""

FALL_SHARE = 0.2
"""Share of what had been gained over the start that a fall must lose to count."""

NOT_LEARNING_NOISE = 2.5
"""How many standard errors a gain must exceed to count as learning."""


def kl_diverging(kl: pd.Series, bound: float) -> Finding | None:
    """The first step at which KL exceeds its bound (nats per token)."""
    for step, value in zip(kl.index, kl, strict=True):
        found = kl_bound(float(value), bound, int(step))
        if found is not None:
            return Finding(Kind.KL_DIVERGING, found.step, found.evidence)
    return None


def exploding_gradient(norms: pd.Series) -> Finding | None:
    """The first step at which the trailing mean of the gradient norm reaches `GRADIENT_MAX`.

    A single spike, which clipping takes care of, is none.
    """
    high = norms[norms >= GRADIENT_MAX]
    if high.empty:
        return None
    step, value = int(high.index[0]), float(high.iloc[0])
    return Finding(Kind.UNSTABLE, step, f"gradient norm {value:.3g} (trailing mean) reaches {GRADIENT_MAX:g}")


def collapsed(unique: pd.Series) -> Finding | None:
    """The first step at which distinct completions fall below `UNIQUE_MIN` of their share at the start."""
    if unique.empty:
        return None
    start = float(unique.iloc[0])
    low = unique[unique < UNIQUE_MIN * start]
    if low.empty:
        return None
    step, value = int(low.index[0]), float(low.iloc[0])
    return Finding(
        Kind.COLLAPSED, step, f"{value:.0%} of completions are distinct (at the start: {start:.0%})"
    )


def fallen(
    score: pd.Series, reward: pd.Series | None, start: float, noise: float, maximize: bool
) -> Finding | None:
    """A final score that lies clearly below the peak: reward hacking if the training reward rose meanwhile.

    Args:
        score: the objective.
        reward: training reward (None where the objective is the training reward, or it was not logged).
        start: the objective at the start.
        noise: standard deviation of one value of `score`.
        maximize: whether more is better.
    """
    if len(score) < 3:
        return None
    sign = 1.0 if maximize else -1.0
    peak_step = int(score.index[int((sign * score).argmax())])
    peak, final = float(score.loc[peak_step]), float(score.iloc[-1])
    fall, gain = sign * (peak - final), sign * (peak - start)
    if fall <= FALL_NOISE * noise or fall < FALL_SHARE * gain:
        return None
    text = f"held-out score fell from {peak:.4f} at step {peak_step} to {final:.4f}"
    if reward is not None and len(reward[reward.index >= peak_step]) > 1:
        after = reward[reward.index >= peak_step]
        before, end = float(after.iloc[0]), float(after.iloc[-1])
        if end > before:
            rose = f" while the training reward rose from {before:.4f} to {end:.4f}"
            return Finding(Kind.REWARD_HACKING, peak_step, text + rose)
    return Finding(Kind.UNSTABLE, peak_step, text)


def not_learning(final: float, start: float, step: int, noise: float, maximize: bool) -> Finding | None:
    """A gain over the start that cannot be told from none; both ends are measured with noise.

    Args:
        final: the objective at the end.
        start: the objective at the start.
        step: the last training step.
        noise: standard deviation of one of them.
        maximize: whether more is better.
    """
    gain = (1.0 if maximize else -1.0) * (final - start)
    margin = NOT_LEARNING_NOISE * math.sqrt(2) * noise
    if gain > margin:
        return None
    return Finding(
        Kind.NOT_LEARNING, step, f"{final - start:+.4f} against the start, within noise (±{margin:.4f})"
    )
