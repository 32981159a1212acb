"""Two runs, or two windows of one, side by side: what changed, and whether it is more than noise."""

import math
import re
from dataclasses import asdict
from typing import Any

from analysis.choose.chosen import DERIVED
from analysis.compare.advice import advise
from analysis.compare.change import Change, Comparison
from analysis.compare.window import BEST, GAP, Measure, Window, window_from_history
from analysis.errors import AnalysisError
from analysis.read.download import download_run
from analysis.read.table import flat


def compare(before: Window, after: Window) -> Comparison:
    """Compares two windows measure by measure, and their settings."""
    changes = [
        _change(name, before, after, before.measures[name], after.measures[name])
        for name in before.measures
        if name in after.measures
    ]
    missing = object()
    names = sorted({*before.settings, *after.settings})
    moved: dict[str, tuple[Any, Any]] = {
        name: (before.settings.get(name), after.settings.get(name))
        for name in names
        if before.settings.get(name, missing) != after.settings.get(name, missing)
    }
    return Comparison(before.name, after.name, tuple(changes), moved)


def _change(name: str, before: Window, after: Window, a: Measure, b: Measure) -> Change:
    """One row; best-of-N rises with N by itself, so unequal N are not compared there."""
    incomparable = name in (BEST, GAP) and before.samples_per_prompt != after.samples_per_prompt
    error = None if a.error is None or b.error is None else math.hypot(a.error, b.error)
    return Change(name, a.value, b.value, None if incomparable else error, b.better, not incomparable)


def compare_runs(before: str, after: str) -> Comparison:
    """Compares two runs of a server, each `entity/project/run_id` with an optional `@first-last`.

    Settings that differ by definition (the hash) are left out.

    Raises:
        AnalysisError: if a run cannot be read, or a stretch of steps is malformed or empty.
    """
    return compare(_window(before), _window(after))


def _window(text: str) -> Window:
    """The window that a command line names."""
    path, _, steps = text.partition("@")
    match = re.fullmatch(r"(\d+)-(\d+)", steps)
    if steps and match is None:
        raise AnalysisError(f"{text!r}: give the steps as @FIRST-LAST, for instance @1-50")
    config, history = download_run(path)
    first, last = (int(match[1]), int(match[2])) if match else (0, None)
    settings = {name: value for name, value in flat(config).items() if name not in DERIVED}
    return window_from_history(text.rsplit("/", 1)[-1], history, settings, first, last)


def to_data(comparison: Comparison) -> dict[str, Any]:
    """The comparison and the advice as JSON-ready data."""
    changes = [
        {
            "measure": change.name,
            "before": change.before,
            "after": change.after,
            "difference": change.difference,
            "standard_error": change.error,
            "reading": change.reading,
        }
        for change in comparison.changes
    ]
    moved = {name: list(values) for name, values in comparison.moved.items()}
    advice = [asdict(item) for item in advise(comparison)]
    return {
        "before": comparison.before,
        "after": comparison.after,
        "changes": changes,
        "moved": moved,
        "advice": advice,
    }


def change_rows(comparison: Comparison) -> list[str]:
    """The changes as the lines of a Markdown table."""
    head = f"| Measure | {comparison.before} | {comparison.after} | Change | Standard error | Reading |"
    lines = [head, "|---|---|---|---|---|---|"]
    for change in comparison.changes:
        percent = "" if change.percent is None else f" ({change.percent:+.1f} %)"
        error = "unknown" if change.error is None else f"{change.error:.4f}"
        lines.append(
            f"| {change.name} | {change.before:.4f} | {change.after:.4f} | {change.difference:+.4f}{percent}"
            f" | {error} | {change.reading} |"
        )
    return lines


def to_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown: the table, the settings that changed, and the advice."""
    lines = [f"# {comparison.before} → {comparison.after}", "", *change_rows(comparison)]
    lines += ["", "## Settings that changed", ""]
    lines += [f"- `{name}`: {old} → {new}" for name, (old, new) in comparison.moved.items()] or ["None."]
    lines += ["", "## Advice", ""]
    for item in advise(comparison):
        lines.append(f"### {item.title}{' (not supported)' if item.refused else ''}")
        lines += [
            "",
            *(f"- For: {text}" for text in item.reasons),
            *(f"- Against: {text}" for text in item.objections),
        ]
        if item.refused:
            lines.append(f"- Refused: {item.refused}")
        else:
            lines += [f"- Change: {item.change}", f"- Then expect: {item.expect}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
