"""A confirmation as text, as data and as a table in the terminal."""

import math
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analysis.confirm.outcome import Confirmation
from analysis.confirm.plan import Plan
from analysis.stats import LEVEL, Interval


def statement(plan: Plan, result: Confirmation) -> str:
    """The confirmation in a few sentences."""
    winner = result.winner
    seeds, tuning = len(winner.scores), winner.candidate.tuning_score
    head = f"{winner.candidate.label} (run {winner.candidate.run})"
    reached = f"{winner.mean} at step {result.step} over {seeds} fresh seed{'s' * (seeds != 1)}"
    reached += "" if tuning is None else f"; its score in the sweep was {tuning:.4f}"
    if result.confirmed:
        sentences = [f"Confirmed: {head} reaches {reached}."]
    else:
        sentences = [f"No clear winner. The best, {head}, reaches {reached}."]
    parts = [
        f"than {c.label} by {c.gain:+} (better in {c.probability:.0%} of the pairs of runs)"
        for c in result.comparisons
        if c.gain.low > 0
    ]
    sentences += [f"It is better {', '.join(parts)}."] * bool(parts)
    sentences += [f"Doubts: {'; '.join(result.doubts)}."] * bool(result.doubts)
    tied = [c.label for c in result.comparisons if not c.gain.low > 0 and c.label.startswith("top")]
    sentences += [f"It cannot be distinguished from {', '.join(tied)}."] * bool(tied)
    sentences.append(f"The {LEVEL:.0%} intervals of differences hold for all pairs of candidates together.")
    return " ".join([*sentences, *plan.notes])


def confirmation_data(plan: Plan, result: Confirmation) -> dict[str, Any]:
    """The confirmation as JSON-ready data; the bounds of an infinite interval are None."""
    candidates = [
        {
            "label": outcome.candidate.label,
            "run": outcome.candidate.run,
            "sweeps": list(paths),
            "parameters": dict(outcome.candidate.parameters),
            "tuning_score": outcome.candidate.tuning_score,
            "scores": {str(seed): score for seed, score in outcome.scores.items()},
            **_bounds("mean", outcome.mean),
            "ill": {str(seed): verdict for seed, verdict in outcome.ill.items()},
            "missing": list(outcome.missing),
        }
        for outcome, paths in zip(result.outcomes, plan.sweeps, strict=True)
    ]
    comparisons = [
        {"with": c.label, **_bounds("gain", c.gain), "probability": c.probability} for c in result.comparisons
    ]
    return {
        "sweep": plan.sweep,
        "seeds": list(plan.seeds),
        "compared_at_step": result.step,
        "confirmed": result.confirmed,
        "winner": result.winner.candidate.label,
        "statement": statement(plan, result),
        "candidates": candidates,
        "comparisons": comparisons,
    }


def _bounds(name: str, interval: Interval) -> dict[str, float | None]:
    low, high = (bound if math.isfinite(bound) else None for bound in (interval.low, interval.high))
    return {name: interval.estimate, "low": low, "high": high}


def print_confirmation(data: dict[str, Any], console: Console) -> None:
    """Prints a table of the candidates, in the order of the plan, and the statement."""
    title = f"Confirmation of {escape(data['sweep'])}"
    # Without edges and with narrow padding, the table fits into 80 columns.
    table = Table(
        box=box.SIMPLE_HEAD,
        title=title,
        title_justify="left",
        padding=(0, 1, 0, 0),
        show_edge=False,
        pad_edge=False,
    )
    for column in ("candidate", "run"):
        table.add_column(column, no_wrap=True)
    for column in ("sweep\nscore", "fresh\nseeds", "low", "high", "runs", "unhealthy", "missing"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in data["candidates"]:
        table.add_row(
            row["label"],
            escape(row["run"] or "–"),
            *(
                "–" if row[key] is None else f"{row[key]:.4f}"
                for key in ("tuning_score", "mean", "low", "high")
            ),
            str(len(row["scores"])),
            str(len(row["ill"])),
            str(len(row["missing"])),
            style="bold green" if row["label"] == data["winner"] else None,
        )
    console.print(table)
    console.print(f"\n{escape(data['statement'])}")
