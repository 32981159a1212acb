"""Completions that a run logged with their scores: which are the best, which the worst."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.read.table import STEP

TABLE = "samples"
"""Key under which the agent logs a W&B table of held-out completions at every rung; see docs/metrics.md."""

COLUMNS = {STEP: "int64", "prompt": "str", "completion": "str", "reference": "float64", "explanation": "str"}
"""What is kept of that table: `reference` is the total of the reference suite, NaN where it gave none."""

SHOWN = 3
"""Most completions at either end."""


@dataclass(frozen=True)
class Samples:
    """The ends of a table of completions.

    Attributes:
        step: Training step at which they were sampled.
        scored: How many had a score.
        best: Rows of the table with the highest scores, the highest first.
        worst: Rows with the lowest ones, the lowest first; none is in both.
    """

    step: int
    scored: int
    best: list[dict[str, Any]]
    worst: list[dict[str, Any]]


def samples_frame(table: Mapping[str, Any]) -> pd.DataFrame | None:
    """The table of a run as W&B stores it (`columns`, `data`); None where it is not such a table."""
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


def ends(frame: pd.DataFrame | None) -> Samples | None:
    """The best and the worst completions of a table; None where there is none, or none has a score."""
    if frame is None:
        return None
    scored = frame[frame["reference"].notna()].sort_values("reference", ascending=False, kind="stable")
    if scored.empty:
        return None
    rows = [{str(name): value for name, value in row.items()} for row in scored.to_dict("records")]
    best = rows[: min(SHOWN, (len(rows) + 1) // 2)]
    worst = rows[len(rows) - min(SHOWN, len(rows) // 2) :][::-1]
    return Samples(int(scored[STEP].max()), len(rows), best, worst)
