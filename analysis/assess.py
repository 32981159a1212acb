"""Every run of a sweep in one row: where it ended, what it reached, and its verdict."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.errors import AnalysisError
from analysis.table import STEP, SweepTable
from analysis.verdict import judge, last_step, number, objective, planned_steps, stopped_early

KL = "train/kl"

TAIL = 10
"""Training steps at the end of a run whose mean stands for its final KL."""


@dataclass(frozen=True)
class Assessment:
    """The runs of a sweep, judged.

    Attributes:
        runs: one row per run, in order of creation: `id`, `name`, `state`, `outcome`, `steps` (training steps
            done), `planned_steps`, `stopped_early`, `objective` (the last logged value, never the peak),
            `objective_step`, `starter` (the starting model's value), `kl` (mean of the last `TAIL` logged
            values), `seconds` (run time), `verdict`, `verdict_step`, `evidence`.
        objectives: the metric wherever it was logged: `id`, `step`, `value`.
    """

    runs: pd.DataFrame
    objectives: pd.DataFrame


def assess(table: SweepTable) -> Assessment:
    """Judges every run; histories are read once, one at a time.

    Raises:
        AnalysisError: if the sweep has no runs, none that ended, or none that logged the sweep's metric.
    """
    sweep, configs, summaries = table.sweep, table.configs(), table.summaries()
    rows, series = [], []
    for run, name, state in table.runs[["id", "name", "state"]].itertuples(index=False):
        history, config, summary = table.histories[run], configs[run], summaries[run]
        scores = objective(sweep, history)
        verdict = judge(sweep, state, config, summary, history)
        rows.append(
            {
                "id": run,
                "name": name,
                "state": state,
                "outcome": summary.get("outcome"),
                "steps": last_step(summary, history),
                "planned_steps": planned_steps(config),
                "stopped_early": stopped_early(sweep, state, config, summary, history),
                "objective": None if scores.empty else float(scores.iloc[-1]),
                "objective_step": None if scores.empty else int(scores.index[-1]),
                "starter": number(summary.get("starter/score")),
                "kl": _tail_mean(history, KL),
                "seconds": _tail_mean(history, "_runtime", tail=1),
                "verdict": str(verdict.kind),
                "verdict_step": verdict.step,
                "evidence": verdict.evidence,
            }
        )
        series.append(pd.DataFrame({"id": run, STEP: scores.index, "value": scores.to_numpy()}))
    runs = pd.DataFrame(rows)
    _require_something_to_rank(table, runs)
    runs = runs.astype({name: "Int64" for name in ("planned_steps", "objective_step", "verdict_step")})
    runs = runs.astype({name: "float64" for name in ("objective", "starter", "kl", "seconds")})
    return Assessment(runs, pd.concat(series, ignore_index=True))


def _require_something_to_rank(table: SweepTable, runs: pd.DataFrame) -> None:
    """Raises where no run of the sweep can be compared with anything."""
    path = table.sweep.path
    if runs.empty:
        raise AnalysisError(f"sweep {path} has no runs yet")
    if runs["objective"].isna().all():
        raise AnalysisError(f"no run of sweep {path} logged its metric {table.sweep.metric}")
    if not (runs["state"] == "finished").any():
        counts = ", ".join(
            f"{n} {state}" for state, n in runs["state"].value_counts(sort=False).sort_index().items()
        )
        raise AnalysisError(f"no run of sweep {path} has finished yet ({counts})")


def _tail_mean(history: pd.DataFrame, key: str, tail: int = TAIL) -> float | None:
    """Mean of the last `tail` logged values of a metric; None where it was never logged."""
    if key not in history:
        return None
    values = history[key].dropna().tail(tail)
    return None if values.empty else float(values.mean())
