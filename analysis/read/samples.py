"""The best and the worst of the scored completions that a run logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.read.table import STEP

TABLE = "samples"
"""Key under which the agent logs a W&B table of held-out completions at every rung; see docs/metrics.md."""

COLUMNS = {STEP: "int64", "prompt": "str", "completion": "str", "reference": "float64", "explanation": "str"}
"""Columns that are read from that table; `reference` is the total of the reference suite, NaN if unscored."""

SHOWN = 3
"""Maximum number of best completions, and of worst ones."""


@dataclass(frozen=True)
class Samples:
    """The best and the worst completions of a table.

    Attributes:
        step: Training step at which they were sampled.
        scored: Number of completions that have a score.
        best: Rows of the table with the highest scores, the highest first.
        worst: Rows with the lowest scores, the lowest first; no row is in both.
    """

    step: int
    scored: int
    best: list[dict[str, Any]]
    worst: list[dict[str, Any]]


def samples_frame(table: Mapping[str, Any]) -> pd.DataFrame | None:
    """A stored W&B table (`columns`, `data`) with the columns `COLUMNS`; None if it lacks one of them."""
    columns, data = table.get("columns"), table.get("data")
    if (
        not isinstance(columns, Sequence)
        or not isinstance(data, Sequence)
        or not set(COLUMNS) <= set(columns)
    ):
        return None
    frame = pd.DataFrame(list(data), columns=list(columns))[list(COLUMNS)]
    texts = {name: "" for name, kind in COLUMNS.items() if kind == "str"}
    return frame.fillna(texts).astype(COLUMNS)


def best_and_worst(frame: pd.DataFrame | None) -> Samples | None:
    """The best and the worst completions of a table; None if there is no table or no score in it."""
    if frame is None:
        return None
    scored = frame[frame["reference"].notna()].sort_values("reference", ascending=False, kind="stable")
    if scored.empty:
        return None
    rows = [{str(name): value for name, value in row.items()} for row in scored.to_dict("records")]
    best = rows[: min(SHOWN, (len(rows) + 1) // 2)]
    worst = rows[len(rows) - min(SHOWN, len(rows) // 2) :][::-1]
    return Samples(int(scored[STEP].max()), len(rows), best, worst)
