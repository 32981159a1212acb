"""The figures of the task's quality control, beside the objective; see `qc/...` in docs/metrics.md."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import pandas as pd

from analysis.choose.select import Selection
from analysis.read.config import finite_number
from analysis.read.table import STEP, SweepTable

QUALITY, STARTER = "qc/", "starter/qc/"
"""Prefixes of the names of these figures in rows, and in the summary for the starting model."""

PASS_RATE = "pass_rate"

RATES = {PASS_RATE: "pass", "distinct_pass_rate": "distinct", "published_pass_rate": "by the published rule"}
"""Figures that are shares of completions, and how a sentence names them."""


def quality_at(history: pd.DataFrame, step: int | None = None) -> dict[str, float] | None:
    """Name without `qc/` → value at the last rung, or the last up to `step`; None if none was logged."""
    if QUALITY + PASS_RATE not in history:
        return None
    rungs = history[history[QUALITY + PASS_RATE].notna()]
    rungs = rungs if step is None else rungs[rungs[STEP] <= step]
    if rungs.empty:
        return None
    row = rungs.iloc[-1].dropna()
    return {str(name).removeprefix(QUALITY): float(row[name]) for name in row.index if _is_figure(name)}


def quality_data(table: SweepTable, selection: Selection) -> dict[str, Any] | None:
    """The figures of the starting model and of the chosen configuration, JSON-ready.

    Keys: `starter` (None if it was not measured) and `best`, the mean over the runs of the configuration at
    the step of the comparison. None if no run can be chosen or the task has no quality control.
    """
    if selection.best is None:
        return None
    runs = [quality_at(table.histories[run], selection.step) for run in selection.ranking["runs"].iloc[0]]
    measured = [figures for figures in runs if figures is not None]
    if not measured:
        return None
    best = {name: _mean(name, measured) for name in dict.fromkeys(chain.from_iterable(measured))}
    return {"starter": _starter(table.summaries()[selection.best]), "best": best}


def _mean(name: str, runs: Sequence[Mapping[str, float]]) -> float:
    """Mean of a figure over the runs that logged it; a type that a run did not log has no share in it."""
    values = [figures.get(name, 0.0) for figures in runs if "/" in name or name in figures]
    return sum(values) / len(values)


def quality_text(figures: Mapping[str, float]) -> str:
    """The most important figures in one line."""
    parts = [f"{figures[name]:.1%} {text}" for name, text in RATES.items() if name in figures]
    for name in sorted(figures):
        if name.endswith("_types"):
            parts.append(f"{name.replace('_', ' ')} {figures[name]:g}")
    if "novelty" in figures:
        parts.append(f"novelty {figures['novelty']:.2f}")
    if "passing_novelty" in figures:
        parts.append(f"of those that pass {figures['passing_novelty']:.2f}")
    return ", ".join(parts)


def _is_figure(name: object) -> bool:
    return str(name).startswith(QUALITY)


def _starter(summary: Mapping[str, Any]) -> dict[str, float] | None:
    found = {
        name.removeprefix(STARTER): value
        for name in summary
        if name.startswith(STARTER) and (value := finite_number(summary[name])) is not None
    }
    return found or None
