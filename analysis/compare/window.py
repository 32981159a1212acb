"""A stretch of training as a few measured quantities, each with its standard error."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.read.config import finite_number
from analysis.read.series import logged

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity.

    Attributes:
        value: Its estimate.
        error: Its standard error; None where the data do not tell.
        better: Which way is better. The loss of a policy gradient is neither: it is no measure of quality.
    """

    value: float
    error: float | None
    better: Better


@dataclass(frozen=True)
class Window:
    """A run, or a stretch of one.

    Attributes:
        name: For people, for instance `epoch 6` or `x3k9 steps 0-50`.
        measures: Name → measure, in the order of the table.
        settings: The configuration that was in force.
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
        AnalysisError: If the history has no row in that stretch.
    """
    rows = history[(history["step"] >= first) & (history["step"] <= (math.inf if last is None else last))]
    if rows.empty:
        raise AnalysisError(f"{name}: no step between {first} and {'the end' if last is None else last}")
    measures = {
        measure: Measure(float(values.mean()), serial_error(values.to_numpy()), better)
        for measure, (key, better) in HISTORY_MEASURES.items()
        if not (values := logged(rows, key)).empty
    }
    group = finite_number(settings.get("num_generations"))
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
