"""Rewards: falls of the held-out score, rewards that teach nothing, and statistics of groups."""

import math

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from agent.health.base import Check, Limits, LoggedMetrics, Share
from agent.health.curve import Curve
from agent.health.finding import Finding

TOTAL_REWARD = "reward_components/total_reward/mean"
ZERO_VARIANCE = "train/zero_variance_groups"
KEPT = "train/kept_fraction"
REFERENCE = "objective/reference"
ERROR = "objective/error"
PASS_RATE = "qc/pass_rate"
PASS_ERROR = "qc/error"

MIN_ERROR = 0.002
"""Minimum standard error of a held-out score in [0, 1]. If all completions score the same, the measured error
is 0, and any fall would look significant."""


class RewardLimits(Limits):
    """Limits of the fall of the held-out score, and of training rewards."""

    health_fall_noise: PositiveFloat = 5.0
    """A run is unhealthy if `objective/reference` or `qc/pass_rate` is below its peak by more than this many
    standard errors, and `health_fall_share` is reached too."""
    health_fall_share: Share = 0.2
    """Minimum share of the gain (peak minus starting model) that an unhealthy fall loses."""
    health_zero_variance_max: Share = 0.8
    """Warn if the smoothed share of groups with equal rewards is above this."""
    health_reward_max: Share = 0.95
    """Warn if the smoothed mean training reward reaches this: nothing is left to learn from it."""


def score_fall(
    score: Curve,
    errors: Curve,
    reward: Curve,
    start: float,
    noise: float,
    share: float,
    name: str = "held-out score",
) -> Finding | None:
    """The finding that the last score is clearly below the peak; `None` if it is not.

    It is `reward hacking` if the training reward rose since the peak, else `unstable`. A score that fell and
    recovered gives no finding.

    Args:
        score: Held-out score; higher is better.
        errors: Standard error of each value of `score`, at the same steps.
        reward: Smoothed training reward; empty if it was not logged, or is the score itself.
        start: Score of the starting model.
        noise: Number of standard errors that a fall must exceed. A peak is the luckiest of many values, so
            this must be large.
        share: Minimum share of the gain over `start` that a fall must lose.
        name: What the evidence calls the score.
    """
    if not len(score):
        return None
    peak = int(np.argmax(score.values))
    highest, now = float(score.values[peak]), float(score.values[-1])
    squares = errors.values**2
    # Each error is estimated from few completions: those of the two rungs may both be small by luck.
    error = math.sqrt(max((squares[peak] + squares[-1]) / 2, squares.mean()))
    fall = highest - now
    if fall <= noise * error or fall < share * (highest - start):
        return None
    step = int(score.steps[peak])
    text = f"{name} fell from {highest:.4f} at step {step} to {now:.4f}"
    since = reward.values[reward.steps >= step]
    if len(since) > 1 and since[-1] > since[0]:
        rose = f" while the training reward rose from {since[0]:.4f} to {since[-1]:.4f}"
        return Finding("reward hacking", step, text + rose)
    return Finding("unstable", step, text)


def no_signal(zero_variance: Curve, limit: float) -> Finding | None:
    """The finding at the first smoothed share of zero-variance groups above `limit`, both in [0, 1]."""
    found = zero_variance.first(zero_variance.values > limit)
    if found is None:
        return None
    step, value = found
    return Finding("no signal", step, f"{value:.0%} of groups have equal rewards and train nothing")


def nothing_kept(kept: Curve) -> Finding | None:
    """The finding that no completion of a whole run trained; `None` if one did.

    Args:
        kept: Share of completions that train, in [0, 1]; empty if completions are not selected.
    """
    if not len(kept) or kept.values.any():
        return None
    text = "no completion of any step reached `reward_threshold`: nothing is learned"
    return Finding("no signal", int(kept.steps[0]), text)


def reward_saturated(reward: Curve, limit: float) -> Finding | None:
    """The finding at the first smoothed mean training reward, in [0, 1], that reaches `limit`."""
    found = reward.first(reward.values >= limit)
    if found is None:
        return None
    step, value = found
    return Finding("reward saturated", step, f"training reward {value:.3f}: nothing is left to learn from it")


def grouped(rewards: NDArray[np.float64], group: int) -> NDArray[np.float64]:
    """[P, group] rewards of the P prompts with at least one scored completion; NaN where unscored.

    Args:
        rewards: [prompts * group]; those of one prompt are consecutive.
        group: Completions per prompt.
    """
    rows = rewards.reshape(-1, group)
    return rows[~np.isnan(rows).all(axis=1)]


def group_statistics(rewards: NDArray[np.float64], group: int) -> dict[str, float]:
    """Best-of-N, its gap to the mean, and population variances within groups and of all rewards.

    Best-of-N is the mean over prompts of the maximum in the group. It grows with N, so values for different N
    cannot be compared.

    Args:
        rewards: [prompts * group]; those of one prompt are consecutive. NaN where unscored.
        group: Completions per prompt, N.

    Returns:
        `best_of_n`, `gap`, `variance_within`, `variance_pooled` → value; empty if nothing was scored.
    """
    rows = grouped(rewards, group)
    if not rows.size:
        return {}
    best = float(np.nanmax(rows, axis=1).mean())
    return {
        "best_of_n": best,
        "gap": best - float(np.nanmean(rows, axis=1).mean()),
        "variance_within": float(np.nanvar(rows, axis=1).mean()),
        "variance_pooled": float(np.nanvar(rows)),
    }


def error_of_mean(scores: NDArray[np.float64], group: int) -> float:
    """Standard error of the mean score over a fixed set of prompts; NaN below two scored completions.

    sqrt(mean over prompts of the sample variance / number of scored completions). Two measurements on the
    same prompts differ only by their draws, so the spread between prompts does not count. With one completion
    per prompt the two spreads cannot be separated: the spread over all completions is used, which is too
    large.

    Args:
        scores: [prompts * group]; those of one prompt are consecutive. NaN where unscored.
        group: Completions per prompt.
    """
    scored = scores[~np.isnan(scores)]
    if scored.size < 2:
        return float("nan")
    rows = scores.reshape(-1, group)
    rows = rows[(~np.isnan(rows)).sum(axis=1) > 1]
    variance = float(np.nanvar(rows, axis=1, ddof=1).mean()) if rows.size else float(scored.var(ddof=1))
    return float(np.sqrt(variance / scored.size))


def _fall(metrics: LoggedMetrics, limits: RewardLimits, score: str, error: str, name: str) -> Finding | None:
    """`score_fall` of a held-out score from the starting model on; `None` if its error is unknown."""
    values, errors, reward = metrics.logged(score), metrics.logged(error), metrics.smooth(TOTAL_REWARD)
    start, start_error = metrics.start(score), metrics.start(error)
    if math.isnan(start) or math.isnan(start_error):
        return None
    has_error = np.isin(values.steps, errors.steps)
    scores = Curve(
        np.concatenate([[0], values.steps[has_error]]), np.concatenate([[start], values.values[has_error]])
    )
    measured = np.concatenate([[start_error], errors.values])
    score_errors = Curve(scores.steps, np.maximum(measured, MIN_ERROR))
    noise, share = limits.health_fall_noise, limits.health_fall_share
    return score_fall(scores, score_errors, reward, start, noise, share, name)


def _score_fall(metrics: LoggedMetrics, limits: RewardLimits) -> Finding | None:
    return _fall(metrics, limits, REFERENCE, ERROR, "held-out score")


def _pass_rate_fall(metrics: LoggedMetrics, limits: RewardLimits) -> Finding | None:
    return _fall(metrics, limits, PASS_RATE, PASS_ERROR, "pass rate of the quality control")


def _no_signal(metrics: LoggedMetrics, limits: RewardLimits) -> Finding | None:
    return no_signal(metrics.smooth(ZERO_VARIANCE), limits.health_zero_variance_max)


def _nothing_kept(metrics: LoggedMetrics, limits: RewardLimits) -> Finding | None:
    return nothing_kept(metrics.logged(KEPT))


def _saturated(metrics: LoggedMetrics, limits: RewardLimits) -> Finding | None:
    return reward_saturated(metrics.smooth(TOTAL_REWARD), limits.health_reward_max)


CHECKS = (
    Check((REFERENCE, ERROR, TOTAL_REWARD), _score_fall),
    Check((PASS_RATE, PASS_ERROR, TOTAL_REWARD), _pass_rate_fall),
    Check((ZERO_VARIANCE,), _no_signal),
    Check((KEPT,), _nothing_kept, at_end=True),
    Check((TOTAL_REWARD,), _saturated),
)
