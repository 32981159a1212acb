"""Held-out completions of a rung with the explanations of their scores, for readers."""

import math
from dataclasses import asdict
from typing import Any

from agent.tracking.sinks import Table
from agent.training.objective.held_out import HeldOut

TABLE_ROWS = 16
"""Number of completions of a rung in the W&B table; `samples.jsonl` has all."""


def sample_rows(held_out: HeldOut) -> list[dict[str, Any]]:
    """The rows of `samples.jsonl`, one per completion.

    Returns:
        Rows with `step`, `prompt`, `completion`, `reference` (the total score in [0, 1]; null if unscored)
        and `parts`: the score (null if unscored) and the message of each component of the reference suite.
        If the task has a quality control, also `quality`: `passed`, `published`, `reason`, the `types` of
        each kind, and `molecule`, the number of its cluster at this step (1 is the largest; null if it does
        not pass).
    """
    scores = held_out.scores
    rows: list[dict[str, Any]] = [
        {
            "step": held_out.step,
            "prompt": held_out.prompts[index],
            "completion": text,
            "reference": None if math.isnan(scores.totals[index]) else float(scores.totals[index]),
            "parts": {
                name: {"score": evaluations[index].score, "message": evaluations[index].message}
                for name, evaluations in scores.evaluations.items()
            },
        }
        for index, text in enumerate(held_out.completions.texts)
    ]
    if held_out.quality is not None:
        quality = held_out.quality
        for row, verdict, cluster in zip(rows, quality.verdicts, quality.clusters, strict=True):
            row["quality"] = {**asdict(verdict), "molecule": cluster}
    return rows


def table(rows: list[dict[str, Any]]) -> Table:
    """Columns and data of a W&B table of the first `TABLE_ROWS` rows, scores as numbers, messages as text.

    The explanation of a row begins with its quality control, if the task has one.
    """
    parts = list(rows[0]["parts"])
    row_columns = ("step", "prompt", "completion", "reference")
    data = [
        [
            *(row[name] for name in row_columns),
            *(row["parts"][name]["score"] for name in parts),
            "\n".join([*_quality(row), *(f"{name}: {row['parts'][name]['message']}" for name in parts)]),
        ]
        for row in rows[:TABLE_ROWS]
    ]
    return [*row_columns, *parts, "explanation"], list(data)


def _quality(row: dict[str, Any]) -> list[str]:
    """The quality control of a row as a line of text; none if the task has no quality control."""
    if "quality" not in row:
        return []
    quality = row["quality"]
    types = ", ".join(name for names in quality["types"].values() for name in names)
    passed = f"passed, molecule {quality['molecule']}: {types}"
    return [f"quality control: {passed if quality['passed'] else quality['reason']}"]
