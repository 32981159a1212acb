"""The console lines and system metrics of a run, stored by line number."""

import sqlite3
from collections.abc import Sequence
from typing import Literal


def append_lines(
    db: sqlite3.Connection,
    table: Literal["event", "console_line"],
    run_id: int,
    offset: int,
    lines: Sequence[str],
) -> int:
    """Store lines, replacing those with the same numbers, and return the number after the last line.

    Args:
        db: The writer's connection.
        table: `event` (system metrics) or `console_line`.
        run_id: Row id of the run.
        offset: Number of the first line, from 0.
        lines: The lines as the client wrote them.
    """
    db.executemany(
        f"INSERT OR REPLACE INTO {table} (run_id, line, data) VALUES (?, ?, ?)",
        [(run_id, number, text) for number, text in enumerate(lines, start=offset)],
    )
    return offset + len(lines)


def event_lines(db: sqlite3.Connection, run_id: int) -> list[str]:
    """System metrics of a run in order, as JSON text."""
    rows = db.execute("SELECT data FROM event WHERE run_id = ? ORDER BY line", (run_id,))
    return [data for (data,) in rows]


def console_lines(db: sqlite3.Connection, run_id: int) -> list[sqlite3.Row]:
    """Console lines of a run in order: their number `line` and their text `data`."""
    return db.execute(
        "SELECT line, data FROM console_line WHERE run_id = ? ORDER BY line", (run_id,)
    ).fetchall()


def last_console_lines(db: sqlite3.Connection, run_id: int, limit: int) -> list[str]:
    """Last `limit` console lines of a run in order, as the client wrote them."""
    rows = db.execute(
        "SELECT data FROM console_line WHERE run_id = ? ORDER BY line DESC LIMIT ?", (run_id, limit)
    ).fetchall()
    return [data for (data,) in reversed(rows)]
