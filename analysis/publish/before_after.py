"""A sweep's configurations beside its first: each runs under a few seeds, which are pooled."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from analysis.compare.comparison import SIGNIFICANT, Change, compare
from analysis.compare.output import change_rows
from analysis.compare.window import (
    AVERAGE,
    BEST,
    GAP,
    LOSS,
    SIMILARITY,
    UNIQUE,
    VARIANCE,
    Measure,
    Window,
    window_from_history,
)
from analysis.errors import AnalysisError
from analysis.read.config import DERIVED, SEED, flat
from analysis.read.table import STEP, SweepTable
from analysis.stats import LEVEL

NAME = "run_name"
"""The parameter that names a configuration, up to the first slash; what follows tells its runs apart."""
HELD_OUT = "held-out score"
SHOWN = (AVERAGE, BEST, GAP, HELD_OUT, LOSS, VARIANCE, UNIQUE, SIMILARITY, "KL")
_NO_SETTINGS = {*DERIVED, NAME, SEED, "variant"}
"""Keys of a run's configuration that differ within a configuration, or say the others once more."""
_GLANCE = (AVERAGE, BEST, GAP, HELD_OUT, VARIANCE, UNIQUE)


def before_after_sections(table: SweepTable, before: str) -> list[str]:
    """Markdown that compares every configuration with one of them, over the second half of training.

    Args:
        table: The sweep, whose runs have names (`run_name`).
        before: Name of the configuration that the others are compared with.

    Raises:
        AnalysisError: If no run of that name reached that step.
    """
    runs = _windows(table)
    windows = {label: kept for label, all_ in runs.items() if (kept := [w for w in all_ if w is not None])}
    if before not in windows:
        there = ", ".join(windows) or "none"
        raise AnalysisError(f"no run named {before!r} got beyond half of its steps; those that did: {there}")
    comparisons = [
        compare(pooled(windows[before]), pooled(group)) for name, group in windows.items() if name != before
    ]
    most = max(map(len, windows.values()))
    missing = {label: group.count(None) for label, group in runs.items() if None in group}
    lines = [
        "",
        "## Before and after",
        "",
        f"Each configuration beside `{before}`, means over the second half of training, up to {most} seeds."
        " A standard error is the larger of what steps within runs and what seeds tell; a difference above"
        f" {SIGNIFICANT} of them is taken to be real, one measure at a time. Training"
        " samples are drawn at each configuration's own temperature, held-out ones at one for all.",
        "",
        "| configuration | " + " | ".join(_GLANCE) + " |",
        "|" + " --- |" * (len(_GLANCE) + 1),
    ]
    for comparison in comparisons:
        cells = [_glance(comparison.change(name)) for name in _GLANCE]
        lines.append(f"| {comparison.after} | " + " | ".join(cells) + " |")
    if missing:
        ended = ", ".join(f"{label} ({n} of {len(runs[label])})" for label, n in missing.items())
        lines += ["", f"Left out, as they ended in the first half: {ended}."]
    for comparison in comparisons:
        shown = replace(comparison, changes=tuple(c for c in comparison.changes if c.name in SHOWN))
        lines += ["", f"### {comparison.before} → {comparison.after}", "", *change_rows(shown), ""]
        moved = (f"`{name}` {_value(a)} → {_value(b)}" for name, (a, b) in comparison.moved.items())
        lines.append("; ".join(moved))
    return lines


def _value(value: Any) -> Any:
    """A setting without the parts that say nothing."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if one is not None}
    return value


def _glance(change: Change | None) -> str:
    if change is None:
        return ""
    return f"{change.before:.3f} → {change.after:.3f}, {change.reading}"


def _windows(table: SweepTable) -> dict[str, list[Window | None]]:
    """Configuration → the second half of each of its runs; None for one that ended before."""
    found: dict[str, list[Window | None]] = {}
    for run, config in table.configs().items():
        name, history = config.get(NAME), table.histories[run]
        if not isinstance(name, str):
            continue
        label, half = name.partition("/")[0], int(config["max_steps"]) // 2
        settings = {k: v for k, v in flat(config).items() if k.partition(".")[0] not in _NO_SETTINGS}
        reached = not history.empty and history[STEP].max() > half
        window = window_from_history(label, history, settings, half + 1) if reached else None
        found.setdefault(label, []).append(window)
    return found


def pooled(windows: Sequence[Window]) -> Window:
    """Windows of equal settings as one: means, and the larger of two standard errors.

    One comes from the steps within each window, the other from the spread between windows; that of n windows
    is widened by Student's t with 2 (n - 1) degrees of freedom, as two such groups are compared.
    """
    first, count = windows[0], len(windows)
    measures = {}
    for name, measure in first.measures.items():
        parts = [window.measures[name] for window in windows if name in window.measures]
        values = [part.value for part in parts]
        errors = [part.error for part in parts if part.error is not None]
        within = math.hypot(*errors) / count if len(errors) == count else None
        between = None
        if len(parts) == count > 1:
            widened = float(stats.t.ppf((1 + LEVEL) / 2, 2 * (count - 1))) / SIGNIFICANT
            between = widened * float(np.std(values, ddof=1)) / math.sqrt(count)
        known = [error for error in (within, between) if error is not None]
        if len(parts) == count:
            measures[name] = Measure(float(np.mean(values)), max(known, default=None), measure.better)
    return replace(first, measures=measures)
