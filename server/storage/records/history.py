"""History rows of a run, stored by line number, so that a repeated request adds nothing twice."""

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
"""Run, step, line number and text of a history row, as it is stored."""
MAX_STEP = 2**62
"""A number greater than every step."""


def last_numbers(rows: Sequence[Row]) -> dict[str, float]:
    """Last finite number of every metric in the rows; nested metrics have dotted names."""
    found: dict[str, float] = {}
    seen: set[str] = set()

    def note(name: str, value: Any) -> None:
        if isinstance(value, dict) and "_type" not in value:
            for key, inner in value.items():
                note(f"{name}.{key}", inner)
        elif is_finite_number(value):
            found.setdefault(name, value)

    for row in reversed(rows):
        # Rows mostly hold the same metrics; then only the newest row has to be read.
        if not row.keys() <= seen:
            for key, value in row.items():
                note(key, value)
            seen |= row.keys()
    return found


def append_history(
    db: sqlite3.Connection,
    run: sqlite3.Row,
    offset: int,
    lines: Sequence[str],
    rows: Sequence[Row],
    metric: str | None,
) -> bool:
    """Store the rows that are not stored yet.

    Args:
        db: The writer's connection.
        run: The run's row in this transaction.
        offset: Line number of the first row, from 0.
        lines: The rows as the client wrote them.
        rows: The same rows, parsed.
        metric: The sweep's metric, whose finite values are also stored by themselves.

    Returns:
        Whether there were new values of the metric.
    """
    known = max(run["history_lines"] - offset, 0)
    lines, rows, offset = lines[known:], rows[known:], offset + known
    if not rows:
        return False
    last_step = run["last_step"]
    counts: dict[str, int] = json.loads(run["history_keys"])
    records: dict[int, Record] = {}
    values: dict[int, float] = {}
    repeated = False
    for line, (row, text) in enumerate(zip(rows, lines, strict=True), start=offset):
        step = row.get("_step")
        if not isinstance(step, int):
            step = last_step + 1
        if step <= last_step:
            repeated = True
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
    if metric is not None and repeated:
        index_metric(db, run["id"], metric)
    elif values:
        store_metric_values(db, run["id"], list(values.items()), known=run["metric_count"])
    return bool(values)


def _delete_step(
    db: sqlite3.Connection, run_id: int, step: int, unstored: Record | None, counts: dict[str, int]
) -> None:
    """Delete the rows of a step that is logged again, by a run that starts over or a folder synced twice."""
    stored = db.execute(
        "DELETE FROM history WHERE run_id = ? AND step = ? RETURNING data", (run_id, step)
    ).fetchall()
    for data in [*(data for (data,) in stored), *([unstored[3]] if unstored else [])]:
        for key in json.loads(data):
            counts[key] = counts.get(key, 1) - 1


def iterate_history(db: sqlite3.Connection, run_id: int) -> Iterator[str]:
    """All rows of a run in order, as the client wrote them, read one by one."""
    for (data,) in db.execute("SELECT data FROM history WHERE run_id = ? ORDER BY step, line", (run_id,)):
        yield data


def history_lines(
    db: sqlite3.Connection, run_id: int, low: int = 0, high: int = MAX_STEP, limit: int = -1
) -> list[str]:
    """Rows with `low <= step < high` in order, as the client wrote them; at most `limit` unless it is -1."""
    rows = db.execute(
        "SELECT data FROM history WHERE run_id = ? AND step >= ? AND step < ? ORDER BY step, line LIMIT ?",
        (run_id, low, high, limit),
    )
    return [data for (data,) in rows]


def first_step(db: sqlite3.Connection, run_id: int) -> int | None:
    """Smallest step of a run's history, or None where it is empty."""
    step: int | None = db.execute("SELECT MIN(step) FROM history WHERE run_id = ?", (run_id,)).fetchone()[0]
    return step


def evenly_spaced(items: Sequence[Any], limit: int) -> list[Any]:
    """At most `limit` items at even distances, with the first and the last; all if `limit` is 0 or less."""
    if limit <= 0 or len(items) <= limit:
        return list(items)
    if limit == 1:
        return [items[-1]]
    stride = (len(items) - 1) / (limit - 1)
    return [items[round(i * stride)] for i in range(limit)]


def select_rows(lines: Iterable[str], keys: Sequence[str], samples: int) -> list[Row]:
    """At most `samples` rows that hold all `keys`, at even distances, reduced to those keys.

    Args:
        lines: History rows as JSON text.
        keys: The keys that each row must hold.
        samples: Largest number of rows to return.
    """
    found: list[Row] = []
    for line in lines:
        row = json.loads(line)
        picked = {key: value for key in keys if (value := value_at(row, key)) is not None}
        if len(picked) == len(set(keys)):
            found.append(picked)
    return evenly_spaced(found, samples)
