"""The logged values of one metric of a run, as a series by training step."""

import numpy as np
import pandas as pd

from agent.health.curve import Curve
from analysis.read.table import STEP

POINTS = 200
"""Maximum number of points that are kept or drawn of one metric of one run."""


def logged(history: pd.DataFrame, key: str) -> pd.Series:
    """The finite values of a metric by training step; empty if it was not logged."""
    if key not in history:
        return pd.Series(dtype="float64", index=pd.Index([], dtype="int64", name=STEP))
    return pd.Series(history[key].to_numpy(), index=pd.Index(history[STEP], name=STEP), name=key).dropna()


def trailing_mean(values: pd.Series, window: int) -> pd.Series:
    """Means of `window` consecutive values, at the step of the last one; `window` - 1 values fewer."""
    return values if window == 1 else values.rolling(window).mean().iloc[window - 1 :]


def thinned(values: pd.Series, points: int = POINTS) -> pd.Series:
    """At most `points` evenly spaced values of a series, the first and the last included."""
    if len(values) <= points:
        return values
    return values.iloc[np.linspace(0, len(values) - 1, points).round().astype(int)]


def curve(values: pd.Series) -> Curve:
    """The finite values of a series as a curve for the health checks."""
    array = values.to_numpy(dtype=np.float64)
    finite = np.isfinite(array)
    return Curve(values.index.to_numpy(dtype=np.int64)[finite], array[finite])
