"""A comparison as Markdown and as data."""

from dataclasses import asdict
from typing import Any

from analysis.compare.advice import advise
from analysis.compare.comparison import Comparison


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
    """The lines of a Markdown table of the changes."""
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
    advice = advise(comparison)
    lines += ["", "## Advice", "", *([] if advice else ["None."])]
    for item in advice:
        lines.append(f"### {item.title}{' (not supported)' if item.refused else ''}")
        lines += [
            "",
            *(f"- For: {text}" for text in item.reasons),
            *(f"- Against: {text}" for text in item.objections),
        ]
        if item.refused:
            lines.append(f"- Not supported: {item.refused}")
        else:
            lines += [f"- Change: {item.change}", f"- Expect then: {item.expect}"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
