"""The history rows of a run, stored by line number, so that a repeated request stores no row twice."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from server.storage.records.metrics import (
    index_metric,
    is_finite_number,
    number_at,
    store_metric_values,
    value_at,
)
from server.storage.records.runs import update_run

Row = dict[str, Any]
Record = tuple[int, int, int, str]
"""Row id of the run, step, line number and JSON text of a history row."""
MAX_STEP = 2**62
"""An exclusive upper limit of all steps."""


def last_numbers(rows: Sequence[Row]) -> dict[str, float]:
    """Last finite value of every metric in the rows, by name; nested metrics have dotted names."""
    last: dict[str, float] = {}
    read_keys: set[str] = set()

    def add(name: str, value: Any) -> None:
        if isinstance(value, dict) and "_type" not in value:
            for key, inner in value.items():
                add(f"{name}.{key}", inner)
        elif is_finite_number(value):
            last.setdefault(name, value)

    for row in reversed(rows):
        # Most rows have the same keys, so that reading the newest row is enough.
        if not row.keys() <= read_keys:
            for key, value in row.items():
                add(key, value)
            read_keys |= row.keys()
    return last


def append_history(
    db: sqlite3.Connection,
    run: sqlite3.Row,
    offset: int,
    lines: Sequence[str],
    rows: Sequence[Row],
    metric: str | None,
) -> bool:
    """Store the rows that are not stored yet, and return whether they hold a value of the sweep's metric.

    Args:
        db: The writer's connection.
        run: The run's row, read in this transaction.
        offset: Line number of the first row, from 0.
        lines: The rows as JSON text, as the client wrote them.
        rows: The same rows, parsed.
        metric: Name of the sweep's metric, whose finite values are also stored separately; None without one.
    """
    stored_count = max(run["history_lines"] - offset, 0)
    lines, rows, offset = lines[stored_count:], rows[stored_count:], offset + stored_count
    if not rows:
        return False
    last_step = run["last_step"]
    counts: dict[str, int] = json.loads(run["history_keys"])
    records: dict[int, Record] = {}
    values: dict[int, float] = {}
    step_repeated = False
    for line, (row, text) in enumerate(zip(rows, lines, strict=True), start=offset):
        step = row.get("_step")
        if not isinstance(step, int):
            step = last_step + 1
        if step <= last_step:
            step_repeated = True
            _delete_step(db, run["id"], step, records.pop(step, None), counts)
        last_step = max(last_step, step)
        records[step] = (run["id"], step, line, text)
        for key in row:
            counts[key] = counts.get(key, 0) + 1
        value = None if metric is None else number_at(row, metric)
        if value is not None:
            values[step] = value
    db.executemany(
        "INSERT OR REPLACE INTO history (run_id, step, line, data) VALUES (?, ?, ?, ?)", records.values()
    )
    update_run(
        db,
        run["id"],
        history_lines=offset + len(rows),
        last_step=last_step,
        history_keys=json.dumps(counts),
        history_last=json.dumps(json.loads(run["history_last"]) | last_numbers(rows)),
    )
    if metric is not None and step_repeated:
        index_metric(db, run["id"], metric)
    elif values:
        store_metric_values(db, run["id"], list(values.items()), stored_count=run["metric_count"])
    return bool(values)


def _delete_step(
    db: sqlite3.Connection, run_id: int, step: int, unstored: Record | None, counts: dict[str, int]
) -> None:
    """Delete the rows of a step that is logged again: a run started over, or its folder was synced twice."""
    stored = db.execute(
        "DELETE FROM history WHERE run_id = ? AND step = ? RETURNING data", (run_id, step)
    ).fetchall()
    for data in [*(data for (data,) in stored), *([unstored[3]] if unstored else [])]:
        for key in json.loads(data):
            counts[key] = counts.get(key, 1) - 1


def iterate_history(db: sqlite3.Connection, run_id: int) -> Iterator[str]:
    """Iterator over all rows of a run in order, as JSON text."""
    for (data,) in db.execute("SELECT data FROM history WHERE run_id = ? ORDER BY step, line", (run_id,)):
        yield data


def history_lines(
    db: sqlite3.Connection, run_id: int, low: int = 0, high: int = MAX_STEP, limit: int = -1
) -> list[str]:
    """Rows with `low <= step < high` in order, as JSON text; the first `limit` of them unless it is -1."""
    rows = db.execute(
        "SELECT data FROM history WHERE run_id = ? AND step >= ? AND step < ? ORDER BY step, line LIMIT ?",
        (run_id, low, high, limit),
    )
    return [data for (data,) in rows]


def first_step(db: sqlite3.Connection, run_id: int) -> int | None:
    """Smallest step of a run's history, or None if it is empty."""
    step: int | None = db.execute("SELECT MIN(step) FROM history WHERE run_id = ?", (run_id,)).fetchone()[0]
    return step


def evenly_spaced(items: Sequence[Any], limit: int) -> list[Any]:
    """At most `limit` evenly spaced items, with the first and the last; all items if `limit` is 0 or less."""
    if limit <= 0 or len(items) <= limit:
        return list(items)
    if limit == 1:
        return [items[-1]]
    stride = (len(items) - 1) / (limit - 1)
    return [items[round(i * stride)] for i in range(limit)]


def select_rows(lines: Iterable[str], keys: Sequence[str], samples: int) -> list[Row]:
    """At most `samples` evenly spaced rows that have all `keys`, reduced to these keys.

    Args:
        lines: History rows as JSON text.
        keys: The keys that each row must have.
        samples: Largest number of rows to return.
    """
    complete: list[Row] = []
    for line in lines:
        row = json.loads(line)
        values = {key: value for key in keys if (value := value_at(row, key)) is not None}
        if len(values) == len(set(keys)):
            complete.append(values)
    return evenly_spaced(complete, samples)
