"""Compares the configurations of a sweep with one of them, each pooled over its seeds."""

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
"""Parameter with the name of the configuration before the first slash, and of the run after it."""
HELD_OUT = "held-out score"
SHOWN = (AVERAGE, BEST, GAP, HELD_OUT, LOSS, VARIANCE, UNIQUE, SIMILARITY, "KL")
_NO_SETTINGS = {*DERIVED, NAME, SEED, "variant"}
"""Keys that differ between runs of one configuration, or repeat other keys."""
_GLANCE = (AVERAGE, BEST, GAP, HELD_OUT, VARIANCE, UNIQUE)


def before_after_sections(table: SweepTable, before: str) -> list[str]:
    """Lines of Markdown that compare each configuration with `before`, over the second half of training.

    Args:
        table: The sweep, whose runs have the parameter `run_name`.
        before: Name of the configuration that the others are compared with.

    Raises:
        AnalysisError: If no run of that name trained for more than half of its steps.
    """
    runs = _windows(table)
    windows = {label: kept for label, group in runs.items() if (kept := [w for w in group if w is not None])}
    if before not in windows:
        names = ", ".join(windows) or "none"
        raise AnalysisError(
            f"no run named {before!r} trained for more than half of its steps; runs that did: {names}"
        )
    comparisons = [
        compare(pooled(windows[before]), pooled(group)) for name, group in windows.items() if name != before
    ]
    max_seeds = max(map(len, windows.values()))
    missing = {label: group.count(None) for label, group in runs.items() if None in group}
    lines = [
        "",
        "## Before and after",
        "",
        f"Each configuration is compared with `{before}`. Values are means over the second half of training"
        f" and over up to {max_seeds} seeds. A standard error is the larger of two estimates: from the steps"
        f" within runs, and from the spread between seeds. A difference of more than {SIGNIFICANT} standard"
        " errors counts as real, for each measure by itself. Training completions are sampled at each"
        " configuration's own temperature, held-out completions at the same temperature for all.",
        "",
        "| configuration | " + " | ".join(_GLANCE) + " |",
        "|" + " --- |" * (len(_GLANCE) + 1),
    ]
    for comparison in comparisons:
        cells = [_glance(comparison.change(name)) for name in _GLANCE]
        lines.append(f"| {comparison.after} | " + " | ".join(cells) + " |")
    if missing:
        ended = ", ".join(f"{label} ({n} of {len(runs[label])})" for label, n in missing.items())
        lines += ["", f"Left out because they ended in the first half of training: {ended}."]
    for comparison in comparisons:
        shown = replace(comparison, changes=tuple(c for c in comparison.changes if c.name in SHOWN))
        lines += ["", f"### {comparison.before} → {comparison.after}", "", *change_rows(shown), ""]
        moved = (f"`{name}` {_value(a)} → {_value(b)}" for name, (a, b) in comparison.moved.items())
        lines.append("; ".join(moved))
    return lines


def _value(value: Any) -> Any:
    """A setting without its entries that are None."""
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
    """Configuration → the second half of each of its runs; None for a run that ended before it."""
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
    """One window from several of equal settings: means, and the larger of two standard errors.

    One standard error comes from the steps within each window, the other from the spread between the n
    windows. The latter is widened by Student's t with 2 (n - 1) degrees of freedom, because two such groups
    are compared.
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
