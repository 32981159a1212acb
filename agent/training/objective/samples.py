"""The held-out completions of a rung, with the explanation of their scores, for people."""

import math
from typing import Any

from agent.tracking.sinks import Table
from agent.training.objective.held_out import HeldOut

TABLE_ROWS = 16
"""Completions of a rung in the W&B table; `samples.jsonl` has all."""


def sample_rows(held_out: HeldOut) -> list[dict[str, Any]]:
    """Rows of `samples.jsonl`.

    Returns:
        Per completion its `step`, `prompt`, `completion`, `reference` (the total; null where unscored) and
        `parts`: the score (null where unscored) and the message of each component of the reference suite.
    """
    scores = held_out.scores
    return [
        {
            "step": held_out.step,
            "prompt": held_out.prompts[place],
            "completion": text,
            "reference": None if math.isnan(scores.totals[place]) else float(scores.totals[place]),
            "parts": {
                name: {"score": evaluations[place].score, "message": evaluations[place].message}
                for name, evaluations in scores.evaluations.items()
            },
        }
        for place, text in enumerate(held_out.completions.texts)
    ]


def table(rows: list[dict[str, Any]]) -> Table:
    """Columns and data of a W&B table of the first `TABLE_ROWS` rows: scores as numbers, messages as text."""
    parts = list(rows[0]["parts"])
    of_row = ("step", "prompt", "completion", "reference")
    data = [
        [
            *(row[name] for name in of_row),
            *(row["parts"][name]["score"] for name in parts),
            "\n".join(f"{name}: {row['parts'][name]['message']}" for name in parts),
        ]
        for row in rows[:TABLE_ROWS]
    ]
    return [*of_row, *parts, "explanation"], list(data)
