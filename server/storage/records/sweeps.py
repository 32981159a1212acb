"""Sweeps: their configuration and their state."""

import sqlite3
import time
from typing import Any

from server.storage.records.tables import insert_row, new_name, row_by_id, update_row


def find_sweep(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Sweep with this name (W&B's sweep id), or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM sweep WHERE name = ?", (name,)).fetchone()
    return row


def sweep_by_id(db: sqlite3.Connection, sweep_id: int) -> sqlite3.Row | None:
    """Sweep with this row id, or None."""
    return row_by_id(db, "sweep", sweep_id)


def create_sweep(db: sqlite3.Connection, project_id: int, config: str, **columns: Any) -> sqlite3.Row:
    """Store a new sweep, in state PENDING unless `columns` sets another, and return it."""
    now = time.time()
    values = {
        "name": new_name(),
        "project_id": project_id,
        "config": config,
        "state": "PENDING",
        "created_at": now,
        "updated_at": now,
        **columns,
    }
    return insert_row(db, "sweep", values)


def update_sweep(db: sqlite3.Connection, sweep_id: int, **columns: Any) -> None:
    """Set columns of a sweep, and the time of its update."""
    update_row(db, "sweep", sweep_id, {**columns, "updated_at": time.time()})


def list_sweeps(db: sqlite3.Connection, project_id: int | None = None) -> list[sqlite3.Row]:
    """Sweeps of a project, or of all projects if `project_id` is None, newest first."""
    if project_id is None:
        return db.execute("SELECT * FROM sweep ORDER BY id DESC").fetchall()
    return db.execute("SELECT * FROM sweep WHERE project_id = ? ORDER BY id DESC", (project_id,)).fetchall()


def sweeps_without_agents(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Sweeps in state RUNNING that had agents, but now have no running agent and no running run."""
    return db.execute(
        "SELECT * FROM sweep WHERE state = 'RUNNING'"
        " AND EXISTS (SELECT 1 FROM agent WHERE sweep_id = sweep.id)"
        " AND NOT EXISTS (SELECT 1 FROM agent WHERE sweep_id = sweep.id AND agent.state = 'RUNNING')"
        " AND NOT EXISTS (SELECT 1 FROM run WHERE sweep_id = sweep.id"
        "  AND run.state IN ('running', 'preempting'))"
    ).fetchall()
