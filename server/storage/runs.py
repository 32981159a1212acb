"""Runs: creation, columns, and the states they pass through."""

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from server.storage.sweeps import new_name

# A run in one of these states has, as far as the server knows, a process that works on it.
LIVE = ("pending", "running", "preempting")
OVER = ("finished", "failed", "crashed", "killed")


def find_run(db: sqlite3.Connection, project_id: int, name: str) -> sqlite3.Row | None:
    """Return the run with this identifier in a project, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM run WHERE project_id = ? AND name = ?", (project_id, name)
    ).fetchone()
    return row


def run_by_id(db: sqlite3.Connection, run_id: int) -> sqlite3.Row | None:
    """Return the run with this row number, or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM run WHERE id = ?", (run_id,)).fetchone()
    return row


def create_run(
    db: sqlite3.Connection, project_id: int, name: str | None = None, **columns: Any
) -> sqlite3.Row:
    """Store a new run and return it."""
    values = {
        "name": name or new_name(),
        "project_id": project_id,
        "state": "running",
        "created_at": time.time(),
        **columns,
    }
    cursor = db.execute(
        f"INSERT INTO run ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )
    assert cursor.lastrowid is not None
    row = run_by_id(db, cursor.lastrowid)
    assert row is not None
    return row


def update_run(db: sqlite3.Connection, run_id: int, **columns: Any) -> None:
    """Set columns of a run."""
    if columns:
        db.execute(
            f"UPDATE run SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
            (*columns.values(), run_id),
        )


def end_run(db: sqlite3.Connection, run: sqlite3.Row, exit_code: int | None, now: float) -> str:
    """Put a run whose process is gone into its final state, and return that state.

    Args:
        db: The writer's connection.
        run: The run as it stands.
        exit_code: What the client reported, or None where it vanished without a word.
        now: Seconds since the epoch.
    """
    if exit_code == 0:
        state = "finished"
    elif run["stop_requested_at"] is not None and not (run["stop_kind"] == "orphan" and exit_code is None):
        # Also where it called itself preempted: the signal it met was this stop, and it must not come back.
        # An orphan that says nothing did not obey; it had died with its agent.
        state = "killed"
    elif run["state"] == "preempting":
        state = "preempted"
    elif exit_code is not None or run["started_at"] is None:
        state = "failed"
    else:
        state = "crashed"
    update_run(db, run["id"], state=state, exit_code=exit_code, finished_at=now)
    return state


def plain_config(run: sqlite3.Row) -> dict[str, Any]:
    """Return a run's configuration as `{name: value}`, without the client's own entries."""
    return unwrap(json.loads(run["config"]))


def unwrap(config: Mapping[str, Any]) -> dict[str, Any]:
    """Turn `{"name": {"value": v}}` into `{"name": v}`, without the client's own entries."""
    return {
        name: entry["value"] if isinstance(entry, dict) and "value" in entry else entry
        for name, entry in config.items()
        if name not in ("_wandb", "wandb_version")
    }
