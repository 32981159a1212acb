"""A window of training steps, as measures with standard errors."""

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
    """One measure of a window.

    Attributes:
        value: Estimate.
        error: Standard error of the estimate; None where unknown.
        better: Which direction is better; neither for the loss, which does not measure quality here.
    """

    value: float
    error: float | None
    better: Better


@dataclass(frozen=True)
class Window:
    """A run, or a range of its training steps.

    Attributes:
        name: Display name, for instance `epoch 6` or `x3k9q2ab@1-50`.
        measures: Name → measure, in the order of the table.
        settings: The configuration of the run.
        samples_per_prompt: N of best-of-N; None where unknown.
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
"""Measures that are taken from a run's history: name → logged key, and which direction is better."""


def window_from_history(
    name: str, history: pd.DataFrame, settings: Mapping[str, Any], first: int = 0, last: int | None = None
) -> Window:
    """The window of training steps `first` to `last` (both included) of a run's history.

    A measure is the mean over the logged steps. Its standard error allows for correlation between steps:
    sd / sqrt(n · (1 - r) / (1 + r)), where r is the lag-1 autocorrelation, or 0 if that is negative.

    Raises:
        AnalysisError: If the history has no row in that range.
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
    """Standard error of the mean of consecutive values, as in `window_from_history`; None below three."""
    count = len(values)
    if count < 3:
        return None
    deviations = values - values.mean()
    squares = float(np.sum(deviations**2))
    if squares == 0:
        return 0.0
    correlation = min(0.99, max(0.0, float(np.sum(deviations[1:] * deviations[:-1])) / squares))
    return math.sqrt(squares / (count - 1) / (count * (1 - correlation) / (1 + correlation)))
