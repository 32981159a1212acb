"""The result of an analysis as plain data, for `result.json`, `--json` and the table."""

import math
from typing import Any

import pandas as pd

from analysis.choose.frontier import Frontier
from analysis.choose.importance import Importance
from analysis.choose.select import Selection, scores_at
from analysis.classify.assess import Assessment
from analysis.read.table import STEP, SweepTable
from analysis.report.quality import quality_at, quality_data
from analysis.report.temperatures import temperature_rows, temperature_statement


def result_data(
    table: SweepTable,
    assessment: Assessment,
    selection: Selection,
    importance: Importance,
    frontier: Frontier,
) -> dict[str, Any]:
    """The result as JSON-ready data; ranked runs come first, then the others in order of creation.

    Keys: `sweep`, `metric`, `goal`, `compared_at_step`, `noise` (standard deviation of one measurement),
    `starter_objective`, `best_objective` (mean over the seeds of the chosen configuration), `quality` (see
    `quality_data`; None without quality control), `temperatures` (see `temperature_rows`, of the chosen run;
    empty if it has no final evaluation), `temperature_statement` (see there), `best_run`, `runner_up`,
    `tied`, `clear_winner`, `doubts`, `excluded` (verdict → count), `conclusion`, `importance` (see
    `Importance.table`), `warnings` (of the importance), `recommended_point` (see `Frontier.recommended`:
    `id`, `step`, `value`, `root_kl`; None without KL), and `runs` with the keys `RUN_KEYS`. In a run, `rank`
    is the rank of its configuration (None if not ranked), `objective` the final value, `score` the value at
    `compared_at_step`, `quality` the figures of the quality control at the end (see `quality_at`), and
    `parameters` the swept parameters.
    """
    runs = assessment.runs.set_index("id")
    ranks = {run: rank for rank, group in enumerate(selection.ranking["runs"], start=1) for run in group}
    scores = scores_at(assessment.scores, selection.step) if selection.step is not None else pd.Series()
    parameters = table.parameters()
    temperatures = [] if selection.best is None else temperature_rows(table.summaries()[selection.best])
    rows = []
    for run in [*ranks, *(run for run in runs.index if run not in ranks)]:
        row = {"id": run, **runs.loc[run].to_dict()}
        row["rank"] = ranks.get(run)
        row["score"] = scores.get(run) if run in ranks else None
        row["quality"] = quality_at(table.histories[run])
        row["parameters"] = {name: value for name, value in parameters.loc[run].items() if value is not None}
        rows.append({name: _plain(row[name]) for name in RUN_KEYS})
    return {
        "sweep": table.sweep.path,
        "metric": table.sweep.metric,
        "goal": "maximize" if table.sweep.maximize else "minimize",
        "compared_at_step": selection.step,
        "noise": assessment.peers.noise,
        "starter_objective": selection.starter,
        "best_objective": None if selection.best is None else float(selection.ranking["score"].iloc[0]),
        "quality": _plain(quality_data(table, selection)),
        "temperatures": temperatures,
        "temperature_statement": temperature_statement(temperatures),
        "best_run": selection.best,
        "runner_up": selection.runner_up,
        "tied": list(selection.tied),
        "clear_winner": selection.clear,
        "doubts": list(selection.doubts),
        "excluded": selection.excluded,
        "conclusion": selection.conclusion,
        "importance": _plain(importance.table.to_dict("records")),
        "warnings": list(importance.warnings),
        "recommended_point": _recommended(frontier),
        "runs": rows,
    }


def _recommended(found: Frontier) -> dict[str, Any] | None:
    """The recommended point of a frontier."""
    if found.recommended is None:
        return None
    point: dict[str, Any] = _plain(found.points.loc[found.recommended, RECOMMENDED].to_dict())
    return point


RECOMMENDED = ["id", STEP, "value", "root_kl"]
"""Keys of `recommended_point`, in order."""

RUN_KEYS = (
    "rank", "id", "name", "state", "outcome", "steps", "planned_steps", "stopped_early", "objective",
    "objective_step", "score", "kl", "seconds", "seed", "verdict", "verdict_step", "evidence", "quality",
    "parameters",
)  # fmt: skip
"""Keys of one run in the result, in order."""


def _plain(value: Any) -> Any:
    """The value with numpy and pandas scalars as Python's own, and missing ones and NaN as None."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or value is pd.NA:
        return None
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
