"""The finite values of the sweep's metric, numbered from 1 in each run; Hyperband counts rungs in them."""

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from server.storage.records.runs import update_run
from server.storage.records.tables import placeholders


def value_at(row: Mapping[str, Any], key: str) -> Any:
    """Value of a history row under a key, which may be a dotted path, or None."""
    value: Any = row.get(key)
    if value is None and "." in key:
        value = row
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return value


def is_finite_number(value: Any) -> bool:
    """Whether a logged value is a finite int or float, and not a bool."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def number_at(row: Mapping[str, Any], key: str) -> float | None:
    """Finite number of a history row under a key, which may be a dotted path, or None."""
    value = value_at(row, key)
    return float(value) if is_finite_number(value) else None


def store_metric_values(
    db: sqlite3.Connection, run_id: int, values: Sequence[tuple[int, float]], stored_count: int
) -> None:
    """Append values to those of a run's metric.

    Args:
        db: The writer's connection.
        run_id: Row id of the run.
        values: Step and value of each, in order; at least one.
        stored_count: How many values of the run are stored already.
    """
    db.executemany(
        "INSERT OR REPLACE INTO metric_value (run_id, n, step, value) VALUES (?, ?, ?, ?)",
        [(run_id, n, step, value) for n, (step, value) in enumerate(values, start=stored_count + 1)],
    )
    update_run(db, run_id, metric_count=stored_count + len(values), metric_last=values[-1][1])


def index_metric(db: sqlite3.Connection, run_id: int, metric: str) -> None:
    """Replace a run's metric values by those in its history."""
    db.execute("DELETE FROM metric_value WHERE run_id = ?", (run_id,))
    update_run(db, run_id, metric_count=0, metric_last=None)
    values: list[tuple[int, float]] = []
    for step, data in db.execute(
        "SELECT step, data FROM history WHERE run_id = ? ORDER BY step, line", (run_id,)
    ):
        value = number_at(json.loads(data), metric)
        if value is not None:
            values.append((step, value))
    if values:
        store_metric_values(db, run_id, values, stored_count=0)


def index_sweep_metric(db: sqlite3.Connection, sweep_id: int, metric: str) -> None:
    """Replace the metric values of all runs of a sweep, for when the sweep's metric may have changed."""
    for (run_id,) in db.execute("SELECT id FROM run WHERE sweep_id = ?", (sweep_id,)).fetchall():
        index_metric(db, run_id, metric)


def metric_value(db: sqlite3.Connection, run_id: int, n: int) -> tuple[int, float]:
    """Step and value of a run's `n`-th metric value, which must exist."""
    step, value = db.execute(
        "SELECT step, value FROM metric_value WHERE run_id = ? AND n = ?", (run_id, n)
    ).fetchone()
    return step, value


def metric_values(db: sqlite3.Connection, run_id: int, numbers: Sequence[int]) -> list[tuple[int, float]]:
    """Step and value of a run's metric values with these numbers, in order."""
    rows = db.execute(
        f"SELECT step, value FROM metric_value WHERE run_id = ? AND n IN ({','.join(map(str, numbers))})"
        " ORDER BY n",
        (run_id,),
    )
    return [(step, value) for step, value in rows]


def rung_values(db: sqlite3.Connection, sweep_id: int, rungs: Sequence[int]) -> dict[str, dict[int, float]]:
    """Metric value of each run of a sweep at each rung that it has reached: `{run name: {rung: value}}`."""
    max_count = db.execute("SELECT MAX(metric_count) FROM run WHERE sweep_id = ?", (sweep_id,)).fetchone()[0]
    reached = [rung for rung in rungs if rung <= (max_count or 0)]
    values: dict[str, dict[int, float]] = {}
    for name, n, value in db.execute(
        "SELECT run.name, n, value FROM run JOIN metric_value ON run_id = run.id"
        f" WHERE sweep_id = ? AND n IN ({placeholders(reached)}) ORDER BY run.id, n",
        (sweep_id, *reached),
    ):
        values.setdefault(name, {})[n] = value
    return values


def best_value(db: sqlite3.Connection, run_id: int, *, maximize: bool) -> float:
    """Largest (or smallest) metric value of a run that has logged at least one."""
    extreme = "MAX" if maximize else "MIN"
    value: float = db.execute(
        f"SELECT {extreme}(value) FROM metric_value WHERE run_id = ?", (run_id,)
    ).fetchone()[0]
    return value


def best_run(db: sqlite3.Connection, sweep_id: int, *, maximize: bool) -> tuple[str, float] | None:
    """Name and value of the run of a sweep with the largest (or smallest) metric value, or None."""
    extreme = "MAX" if maximize else "MIN"
    name, value = db.execute(
        f"SELECT run.name, {extreme}(value) FROM run JOIN metric_value ON run_id = run.id WHERE sweep_id = ?",
        (sweep_id,),
    ).fetchone()
    return None if value is None else (name, value)
