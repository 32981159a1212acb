"""Logged rows: appended by line number, so that a repeated request adds nothing twice."""

import json
import math
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from server.storage.runs import update_run

Row = dict[str, Any]
Record = tuple[int, int, int, str]
"""Run, step, line number and text of a row, as it is stored."""
LAST_STEP = 2**62
"""Beyond every step."""


def value_at(row: Row, key: str) -> Any:
    """Return what a row holds under a key, also under a dotted path, or None."""
    value: Any = row.get(key)
    if value is None and "." in key:
        value = row
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return value


def number_at(row: Row, key: str) -> float | None:
    """Return the finite number a row holds under a key, or None."""
    value = value_at(row, key)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def last_numbers(rows: Sequence[Row]) -> dict[str, float]:
    """Return the last finite number of every metric in the rows, nested ones under dotted names."""
    found: dict[str, float] = {}
    seen: set[str] = set()

    def note(name: str, value: Any) -> None:
        if isinstance(value, dict) and "_type" not in value:
            for key, inner in value.items():
                note(f"{name}.{key}", inner)
        elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            found.setdefault(name, value)

    for row in reversed(rows):
        # Rows mostly hold the same metrics, and then only the newest is looked at.
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
    """Store the rows that are new.

    Args:
        db: The writer's connection.
        run: The run as it stands in this transaction.
        offset: Line number of the first row.
        lines: The rows as the client wrote them.
        rows: The same rows, parsed.
        metric: The sweep's metric, whose finite values are kept apart.

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
            _forget_step(db, run["id"], step, records.pop(step, None), counts)
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
        numbered = enumerate(values.items(), start=run["metric_count"] + 1)
        _store_metric_values(db, run["id"], [(run["id"], n, step, value) for n, (step, value) in numbered])
    return bool(values)


def _forget_step(
    db: sqlite3.Connection, run_id: int, step: int, unstored: Record | None, counts: dict[str, int]
) -> None:
    """Make room for a step that is logged anew: by a run that starts over, or a folder synced again."""
    stored = db.execute(
        "DELETE FROM history WHERE run_id = ? AND step = ? RETURNING data", (run_id, step)
    ).fetchall()
    for data in [*(data for (data,) in stored), *([unstored[3]] if unstored else [])]:
        for key in json.loads(data):
            counts[key] = counts.get(key, 1) - 1


def _store_metric_values(
    db: sqlite3.Connection, run_id: int, values: Sequence[tuple[int, int, int, float]]
) -> None:
    db.executemany("INSERT OR REPLACE INTO metric_value (run_id, n, step, value) VALUES (?, ?, ?, ?)", values)
    _, count, _, last = values[-1]
    update_run(db, run_id, metric_count=count, metric_last=last)


def index_metric(db: sqlite3.Connection, run_id: int, metric: str) -> None:
    """Derive a run's metric values anew from its history, for a run that joins a sweep late."""
    db.execute("DELETE FROM metric_value WHERE run_id = ?", (run_id,))
    update_run(db, run_id, metric_count=0, metric_last=None)
    values: list[tuple[int, int, int, float]] = []
    for step, data in db.execute(
        "SELECT step, data FROM history WHERE run_id = ? ORDER BY step, line", (run_id,)
    ):
        value = number_at(json.loads(data), metric)
        if value is not None:
            values.append((run_id, len(values) + 1, step, value))
    if values:
        _store_metric_values(db, run_id, values)


def history_lines(
    db: sqlite3.Connection, run_id: int, low: int = 0, high: int = LAST_STEP, limit: int = -1
) -> list[str]:
    """Return the rows with `low <= step < high` in order, as the client wrote them."""
    found = db.execute(
        "SELECT data FROM history WHERE run_id = ? AND step >= ? AND step < ? ORDER BY step, line LIMIT ?",
        (run_id, low, high, limit),
    )
    return [data for (data,) in found]


def event_lines(db: sqlite3.Connection, run_id: int) -> list[str]:
    """Return the system metrics in order, as the client wrote them."""
    found = db.execute("SELECT data FROM event WHERE run_id = ? ORDER BY line", (run_id,))
    return [data for (data,) in found]


def evenly(items: Sequence[Any], limit: int) -> list[Any]:
    """Return at most `limit` items at even distances, the first and the last among them."""
    if limit <= 0 or len(items) <= limit:
        return list(items)
    if limit == 1:
        return [items[-1]]
    stride = (len(items) - 1) / (limit - 1)
    return [items[round(i * stride)] for i in range(limit)]


def select_rows(lines: Iterable[str], keys: Sequence[str], samples: int) -> list[Row]:
    """Return at most `samples` rows that hold all `keys`, reduced to those keys.

    Args:
        lines: Rows as JSON text.
        keys: What each row must hold.
        samples: Largest number of rows, taken at even distances.
    """
    found: list[Row] = []
    for line in lines:
        row = json.loads(line)
        picked = {key: value for key in keys if (value := value_at(row, key)) is not None}
        if len(picked) == len(set(keys)):
            found.append(picked)
    return evenly(found, samples)


def append_lines(db: sqlite3.Connection, table: str, run_id: int, offset: int, lines: Sequence[str]) -> int:
    """Store console or event lines by number, replacing those that exist; return the new line count."""
    assert table in ("event", "console_line")
    db.executemany(
        f"INSERT OR REPLACE INTO {table} (run_id, line, data) VALUES (?, ?, ?)",
        [(run_id, number, text) for number, text in enumerate(lines, start=offset)],
    )
    return offset + len(lines)
