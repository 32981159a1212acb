"""The result of an analysis as plain data: what `result.json`, `--json` and the table are made of."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from analysis.assess import Assessment
from analysis.select import Selection
from analysis.table import SweepTable


def result_data(table: SweepTable, assessment: Assessment, selection: Selection) -> dict[str, Any]:
    """The result as JSON-ready data, runs in the order of the ranking, then of creation.

    Keys: `sweep`, `metric`, `goal`, `compared_at_step`, `starter_objective`, `best_objective`, `best_run`,
    `tied`, `excluded` (verdict → count), `conclusion`, and `runs` with the keys `RUN_KEYS`. Of a run, `rank`
    is None where it was not compared, `objective` is the final value, `score` the value at the compared
    step, and `parameters` holds the swept ones.
    """
    ranking = selection.ranking.set_index("id")
    runs = assessment.runs.set_index("id")
    order = [*ranking.index, *(run for run in runs.index if run not in ranking.index)]
    parameters = table.parameters()
    rows = []
    for run in order:
        row = {"id": run, **runs.loc[run].to_dict()}
        row["rank"] = list(ranking.index).index(run) + 1 if run in ranking.index else None
        row["score"] = ranking["score"].get(run)
        row["parameters"] = {name: value for name, value in parameters.loc[run].items() if value is not None}
        rows.append({name: _plain(row[name]) for name in RUN_KEYS})
    best = rows[0] if selection.best is not None else None
    return {
        "sweep": table.sweep.path,
        "metric": table.sweep.metric,
        "goal": "maximize" if table.sweep.maximize else "minimize",
        "compared_at_step": selection.step,
        "starter_objective": starter_objective(assessment, selection),
        "best_objective": best["score"] if best else None,
        "best_run": selection.best,
        "tied": list(selection.tied),
        "excluded": selection.excluded,
        "conclusion": selection.conclusion,
        "runs": rows,
    }


RUN_KEYS = (
    "rank", "id", "name", "state", "outcome", "steps", "planned_steps", "stopped_early", "objective",
    "objective_step", "score", "kl", "seconds", "verdict", "verdict_step", "evidence", "parameters",
)  # fmt: skip
"""Keys of one run of the result, in order."""


def starter_objective(assessment: Assessment, selection: Selection) -> float | None:
    """The starting model's objective: as the chosen run measured it, else the median over the runs."""
    starters = assessment.runs.set_index("id")["starter"].dropna()
    if starters.empty:
        return None
    return float(starters.get(selection.best, starters.median()))


def _plain(value: Any) -> Any:
    """A numpy or pandas scalar as Python's own, a missing one as None."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA:
        return None
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
