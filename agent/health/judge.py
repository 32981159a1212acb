"""Every health check on the curves of a run: one judgement for the running agent and the later analysis."""

from collections.abc import Mapping
from dataclasses import fields
from operator import attrgetter

import numpy as np

from agent.health.curve import Curve, trailing_mean
from agent.health.degeneracy import lost_diversity
from agent.health.diversity import Diversity
from agent.health.entropy import entropy_collapse
from agent.health.finding import Finding, Kind
from agent.health.gradient import exploding_gradient
from agent.health.hacking import score_fall
from agent.health.kl import kl_bound, kl_spike
from agent.health.length import length_shift, truncated
from agent.health.limits import HealthLimits
from agent.health.no_signal import no_signal
from agent.health.saturation import reward_saturated
from agent.health.unique import lost_unique

KL = "train/kl"
ENTROPY = "train/entropy"
GRAD_NORM = "train/grad_norm"
ZERO_VARIANCE = "train/zero_variance_groups"
TOTAL_REWARD = "reward_components/total_reward/mean"
UNIQUE = "health/unique_fraction"
REFERENCE = "objective/reference"
ERROR = "objective/error"
HELD_OUT_KL = "objective/kl"
HELD_OUT_ENTROPY = "objective/entropy"
MEAN_LENGTH = "objective/mean_length"
TRUNCATED = "objective/truncated_fraction"
DIVERSITY = tuple(f"objective/{field.name}" for field in fields(Diversity))

WATCHED = (
    KL, ENTROPY, GRAD_NORM, ZERO_VARIANCE, TOTAL_REWARD, UNIQUE, REFERENCE, ERROR, HELD_OUT_KL,
    HELD_OUT_ENTROPY, MEAN_LENGTH, TRUNCATED, *DIVERSITY,
)  # fmt: skip
"""The metrics that are judged."""

LEAST_ERROR = 0.002
"""Of a held-out score in [0, 1]: where all samples score alike, tiny falls would pass for certain ones."""

_NOTHING = Curve.of(())


def judge(
    curves: Mapping[str, Curve], starter: Mapping[str, float], limits: HealthLimits, window: int
) -> list[Finding]:
    """Judge what a run has logged so far.

    What is logged later never changes what was found, the fall of the held-out score apart: that is judged
    by its last value.

    Args:
        curves: by the names in `WATCHED`; those that were not logged may be missing.
        starter: the starting model's values of the held-out metrics, as `starter/{name}`. Without one, a
            held-out metric is not judged against the start.
        limits: thresholds.
        window: logged values over which metrics of training steps are averaged.

    Returns:
        The first finding of each kind, by step.
    """

    def logged(name: str) -> Curve:
        return curves.get(name, _NOTHING)

    def smooth(name: str) -> Curve:
        return trailing_mean(logged(name), window)

    def start(name: str) -> float:
        return starter.get(name.replace("objective/", "starter/"), float("nan"))

    entropy, unique = smooth(ENTROPY), smooth(UNIQUE)
    found = (
        # On the starting model's own contexts, a sound policy may stand further off than on those it reaches.
        kl_bound(logged(HELD_OUT_KL if HELD_OUT_KL in curves else KL), limits.health_kl_max),
        kl_spike(logged(KL), limits.health_kl_spike, limits.health_kl_spike_min),
        exploding_gradient(logged(GRAD_NORM), window, limits.health_gradient_max),
        entropy_collapse(entropy, entropy.start(), limits.health_entropy_min),
        entropy_collapse(logged(HELD_OUT_ENTROPY), start(HELD_OUT_ENTROPY), limits.health_entropy_min),
        lost_unique(unique, unique.start(), limits.health_unique_min),
        _lost_diversity(curves, starter, limits),
        _score_fall(logged(REFERENCE), logged(ERROR), smooth(TOTAL_REWARD), starter, limits),
        no_signal(smooth(ZERO_VARIANCE), limits.health_zero_variance_max),
        reward_saturated(smooth(TOTAL_REWARD), limits.health_reward_max),
        length_shift(logged(MEAN_LENGTH), start(MEAN_LENGTH), limits.health_length_ratio),
        truncated(logged(TRUNCATED), start(TRUNCATED), limits.health_truncated_margin),
    )
    first: dict[Kind, Finding] = {}
    for finding in sorted((finding for finding in found if finding), key=attrgetter("step")):
        first.setdefault(finding.kind, finding)
    return list(first.values())


def _lost_diversity(
    curves: Mapping[str, Curve], starter: Mapping[str, float], limits: HealthLimits
) -> Finding | None:
    """The first rung at which held-out completions had lost diversity."""
    names = [field.name for field in fields(Diversity)]
    if not all(f"objective/{name}" in curves and f"starter/{name}" in starter for name in names):
        return None
    then = Diversity(**{name: starter[f"starter/{name}"] for name in names})
    values = {name: curves[f"objective/{name}"] for name in names}
    for place, step in enumerate(values["similarity"].steps):
        now = Diversity(**{name: float(curve.values[place]) for name, curve in values.items()})
        found = lost_diversity(now, then, limits, int(step))
        if found is not None:
            return found
    return None


def _score_fall(
    score: Curve, errors: Curve, reward: Curve, starter: Mapping[str, float], limits: HealthLimits
) -> Finding | None:
    """Judge the held-out score where its standard error is known; the starting model's is its first value."""
    if "starter/score" not in starter or "starter/error" not in starter:
        return None
    known = np.isin(score.steps, errors.steps)
    scores = Curve(
        np.concatenate([[0], score.steps[known]]),
        np.concatenate([[starter["starter/score"]], score.values[known]]),
    )
    measured = np.concatenate([[starter["starter/error"]], errors.values])
    of_scores = Curve(scores.steps, np.maximum(measured, LEAST_ERROR))
    noise, share = limits.health_fall_noise, limits.health_fall_share
    return score_fall(scores, of_scores, reward, starter["starter/score"], noise, share)
