"""A stretch of training as a few measured quantities, each with its standard error."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from agent.health.diversity import prompt_similarity
from analysis.classify.record import logged, number
from analysis.errors import AnalysisError

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity.

    Attributes:
        value: its estimate.
        error: its standard error; None where the data do not tell.
        better: which way is better. The loss of a policy gradient is neither: it is no measure of quality.
    """

    value: float
    error: float | None
    better: Better


@dataclass(frozen=True)
class Window:
    """A run, or a stretch of one.

    Attributes:
        name: for people, for instance `epoch 6` or `x3k9 steps 0-50`.
        measures: name → measure, in the order of the table.
        settings: the configuration that was in force.
        samples_per_prompt: N of best-of-N; windows of different N do not compare there. None where unknown.
    """

    name: str
    measures: Mapping[str, Measure]
    settings: Mapping[str, Any] = field(default_factory=dict)
    samples_per_prompt: int | None = None


AVERAGE, BEST, GAP = "average reward", "best-of-N reward", "gap best-of-N to average"
LOSS, VARIANCE, UNIQUE, SIMILARITY = "average loss", "reward variance", "distinct completions", "similarity"

HISTORY_MEASURES: dict[str, tuple[str, Better]] = {
    AVERAGE: ("reward_components/total_reward/mean", "higher"),
    BEST: ("reward/best_of_n", "higher"),
    GAP: ("reward/gap", "lower"),
    "best reward of a step": ("reward_components/total_reward/max", "higher"),
    "held-out score": ("objective/score", "higher"),
    LOSS: ("train/loss", "neither"),
    VARIANCE: ("reward/variance_pooled", "neither"),
    "reward spread": ("reward_components/total_reward/std", "neither"),
    UNIQUE: ("health/unique_fraction", "higher"),
    SIMILARITY: ("health/similarity", "lower"),
    "KL": ("train/kl", "lower"),
    "entropy": ("train/entropy", "neither"),
    "completion length": ("completions/mean_length", "neither"),
}
"""Measures that a run's history gives: name → logged key and which way is better."""


def window_from_history(
    name: str, history: pd.DataFrame, settings: Mapping[str, Any], first: int = 0, last: int | None = None
) -> Window:
    """The steps `first` to `last` (both inclusive) of a run's history.

    A measure is the mean over the logged steps. Its standard error allows for neighbouring steps being
    alike: sd / sqrt(n · (1 - r) / (1 + r)) with r the lag-1 autocorrelation, where that is positive.

    Raises:
        AnalysisError: if the history has no row in that stretch.
    """
    rows = history[(history["step"] >= first) & (history["step"] <= (math.inf if last is None else last))]
    if rows.empty:
        raise AnalysisError(f"{name}: no step between {first} and {'the end' if last is None else last}")
    measures = {
        measure: Measure(float(values.mean()), serial_error(values.to_numpy()), better)
        for measure, (key, better) in HISTORY_MEASURES.items()
        if not (values := logged(rows, key)).empty
    }
    group = number(settings.get("num_generations"))
    return Window(name, measures, settings, samples_per_prompt=None if group is None else int(group))


def serial_error(values: NDArray[np.float64]) -> float | None:
    """Standard error of the mean of consecutive values; see `window_from_history`. None below three."""
    count = len(values)
    if count < 3:
        return None
    deviations = values - values.mean()
    power = float(np.sum(deviations**2))
    if power == 0:
        return 0.0
    alike = min(0.99, max(0.0, float(np.sum(deviations[1:] * deviations[:-1])) / power))
    return math.sqrt(power / (count - 1) / (count * (1 - alike) / (1 + alike)))


def window_from_samples(
    name: str,
    rewards: ArrayLike,
    settings: Mapping[str, Any] | None = None,
    texts: Sequence[Sequence[str]] | None = None,
    losses: Sequence[float] = (),
) -> Window:
    """A window from scored samples.

    Samples of one prompt are alike, so prompts, not samples, are what is counted: the standard errors of the
    average, of best-of-N and of the gap come from the spread over prompts.

    Args:
        name: for people.
        rewards: [prompts, samples] rewards, NaN where a sample was not scored; at least one per prompt.
        settings: the configuration in force.
        texts: the samples' texts, in the shape of `rewards`.
        losses: loss of each batch.
    """
    scores = np.asarray(rewards, dtype=np.float64)
    average, best = np.nanmean(scores, axis=1), np.nanmax(scores, axis=1)
    kept = scores[~np.isnan(scores)]
    measures = {
        AVERAGE: _mean(average, "higher"),
        BEST: _mean(best, "higher"),
        GAP: _mean(best - average, "lower"),
    }
    if len(losses):
        losses_array = np.asarray(losses, dtype=np.float64)
        measures[LOSS] = Measure(float(losses_array.mean()), serial_error(losses_array), "neither")
    measures[VARIANCE] = Measure(float(kept.var()), variance_error(kept), "neither")
    if texts is not None:
        measures[UNIQUE] = _mean(np.array([len(set(group)) / len(group) for group in texts]), "higher")
        alike = np.array([prompt_similarity(group, len(group)) for group in texts])
        measures[SIMILARITY] = _mean(alike, "lower")
    return Window(name, measures, settings or {}, samples_per_prompt=scores.shape[1])


def _mean(values: NDArray[np.float64], better: Better) -> Measure:
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return Measure(float(values.mean()), error, better)


def mean_error(variance: float, count: int) -> float:
    """Standard error of a mean of `count` independent samples of a given variance."""
    return math.sqrt(variance / count)


def variance_error(values: NDArray[np.float64]) -> float | None:
    """Standard error of a variance: sqrt((m4 - m2²) / n), with m2 and m4 the central moments."""
    if len(values) < 3:
        return None
    deviations = values - values.mean()
    second, fourth = float(np.mean(deviations**2)), float(np.mean(deviations**4))
    return math.sqrt(max(0.0, fourth - second**2) / len(values))
