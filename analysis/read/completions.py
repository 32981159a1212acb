"""Reads the completions that a run logged as W&B tables.

Needed for runs that did not log the diversity of their completions, mostly runs of other trainers.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from agent.health.collapse import DIVERSITY
from analysis.read.table import STEP

KEYS = ("samples", "completions")
"""Keys of such tables, the preferred one first: our agent's held-out completions, TRL's training batches."""

_FILE = re.compile(r"media/table/(?:.+/)?(?P<key>\w+)_(?P<step>\d+)_[^/]+\.table\.json")


def first_and_last(files: Iterable[str]) -> list[tuple[int, str]] | None:
    """Step and file name of the first and the last table of completions among a run's files.

    None for fewer than two tables. The step here is the number of the log call, not the training step.
    """
    found: dict[str, list[tuple[int, str]]] = {key: [] for key in KEYS}
    for name in files:
        match = _FILE.fullmatch(name)
        if match and match["key"] in found:
            found[match["key"]].append((int(match["step"]), name))
    tables = sorted(next((tables for tables in found.values() if tables), []))
    return [tables[0], tables[-1]] if len(tables) > 1 else None


def completions_frame(table: Mapping[str, Any], step: int) -> pd.DataFrame | None:
    """The columns `step`, `prompt` and `completion` of a stored table; None if it has no completions.

    Args:
        table: The table as W&B stores it: `columns` and `data`.
        step: Step of the rows that do not contain one.
    """
    columns, data = table.get("columns"), table.get("data")
    if not isinstance(columns, Sequence) or not isinstance(data, Sequence) or "completion" not in columns:
        return None
    rows = [dict(zip(columns, row, strict=True)) for row in data]
    frame = pd.DataFrame(
        {
            STEP: [int(row.get("step", step)) for row in rows],
            "prompt": [_text(row.get("prompt")) for row in rows],
            "completion": [_text(row["completion"]) for row in rows],
        }
    )
    return frame.astype({STEP: "int64", "prompt": "str", "completion": "str"})


def _text(cell: object) -> str:
    """A cell as text; for a conversation, the contents of its turns, one a line."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, list) and all(isinstance(turn, Mapping) for turn in cell):
        return "\n".join(str(turn.get("content") or "") for turn in cell)
    return "" if cell is None else json.dumps(cell, sort_keys=True)


def logs_diversity(history: pd.DataFrame) -> bool:
    """Whether a run logged the diversity of its held-out completions, as the agent does."""
    return set(DIVERSITY) <= set(history.columns)
