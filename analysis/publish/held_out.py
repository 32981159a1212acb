"""Tables of the change of the held-out score, by two parameters and by reward."""

import math
from collections.abc import Hashable
from typing import Any

import pandas as pd

from agent.health.reward import ERROR, REFERENCE
from analysis.read.config import finite_number
from analysis.read.series import logged
from analysis.read.table import SweepTable
from analysis.stats import LEVEL, margin

STARTER_SCORE, STARTER_ERROR = "starter/score", "starter/error"


def held_out_sections(
    table: SweepTable, runs: pd.DataFrame, names: list[str], against: str, kind: str | None
) -> list[str]:
    """Lines of Markdown with both tables; a table is left out if the sweep has no data for it.

    Args:
        table: The sweep.
        runs: The table of `analysis.publish.runs_table.runs_table`, with the column `number`.
        names: Names of the swept parameters.
        against: The parameter of the columns.
        kind: The parameter with the name of the reward; None if there is none.
    """
    changes = pd.DataFrame([_change(table, run) for run in runs["id"]], index=runs.index)
    runs = runs.join(changes)
    if runs["before"].isna().any() or runs["after"].isna().all():
        return []
    others = [name for name in names if name not in (against, kind)]
    lines: list[str] = []
    if len(others) == 1:
        for value, group in [("", runs)] if kind is None else list(runs.groupby(kind, sort=False)):
            if group[others[0]].nunique() > 1:
                lines += _grid(group, against, others[0], str(value))
    return lines + (_by_kind(runs, [against, *others], kind) if kind is not None else [])


def _change(table: SweepTable, run: str) -> dict[str, float]:
    """Held-out score `before` and `after`; `margin`: half the interval of the difference. NaN if unknown."""
    summary, history = table.summaries()[run], table.histories[run]
    scores, errors = logged(history, REFERENCE), logged(history, ERROR)
    before, error = finite_number(summary.get(STARTER_SCORE)), finite_number(summary.get(STARTER_ERROR))
    spread = math.nan if errors.empty or error is None else math.hypot(error, float(errors.iloc[-1]))
    return {
        "before": math.nan if before is None else before,
        "after": math.nan if scores.empty else float(scores.iloc[-1]),
        "margin": margin(spread),
    }


def _grid(runs: pd.DataFrame, across: str, down: str, kind: str) -> list[str]:
    """A table with one column per value of `across` and one row per value of `down`."""
    columns = sorted(runs[across].unique())
    lines = [
        "",
        f"## {down} × {across}{f', {kind}' if kind else ''}",
        "",
        "Held-out score before → after training, KL at the end, verdict, and number of the run.",
        "",
        f"| {down} | " + " | ".join(f"{value:g}" for value in columns) + " |",
        "|" + " --- |" * (len(columns) + 1),
    ]
    for value, row in runs.groupby(down):
        found = {run[across]: _cell(run) for run in row.to_dict("records")}
        lines.append(f"| {value:g} | " + " | ".join(found.get(column, "") for column in columns) + " |")
    return lines


def _by_kind(runs: pd.DataFrame, settings: list[str], kind: str) -> list[str]:
    """A table for each combination of `settings` that was run with every kind: only the kind differs."""
    kinds = runs[kind].nunique()
    lines: list[str] = []
    for values, group in runs.groupby(settings):
        if kinds < 2 or group[kind].nunique() < kinds:
            continue
        at = ", ".join(f"{name} {value:g}" for name, value in zip(settings, values, strict=True))
        lines += [
            "",
            f"## By {kind}, at {at}",
            "",
            f"| {kind} | run | held-out score | change ({LEVEL:.0%} interval) | verdict |",
            "|" + " --- |" * 5,
        ]
        for run in group.to_dict("records"):
            interval = "" if math.isnan(run["margin"]) else f" ± {run['margin']:.3f}"
            change = f"{run['after'] - run['before']:+.3f}{interval}"
            lines.append(f"| {run[kind]} | {run['number']} | {_scores(run)} | {change} | {run['verdict']} |")
    return lines


def _cell(run: dict[Hashable, Any]) -> str:
    return f"{_scores(run)}, KL {run['kl']:.3f}, {run['verdict']} (#{run['number']})"


def _scores(run: dict[Hashable, Any]) -> str:
    return f"{run['before']:.3f} → {run['after']:.3f}"
