"""Sweeps: their configuration, state, and runs."""

import secrets
import sqlite3
import string
import time
from functools import lru_cache
from typing import Any

import yaml

from server.search.space import SweepSpec, parse_sweep_config

_ID_LETTERS = string.ascii_lowercase + string.digits


def new_name() -> str:
    """Return a random identifier of eight letters and digits, as W&B uses for runs and sweeps."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(8))


@lru_cache(maxsize=256)
def spec_of(config: str) -> SweepSpec:
    """Return the parsed form of a sweep's YAML text."""
    return parse_sweep_config(yaml.safe_load(config))


def find_sweep(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Return the sweep with this identifier, or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM sweep WHERE name = ?", (name,)).fetchone()
    return row


def sweep_by_id(db: sqlite3.Connection, sweep_id: int) -> sqlite3.Row | None:
    """Return the sweep with this row number, or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM sweep WHERE id = ?", (sweep_id,)).fetchone()
    return row


def create_sweep(db: sqlite3.Connection, project_id: int, config: str, **columns: Any) -> sqlite3.Row:
    """Store a new sweep in state PENDING and return it."""
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
    cursor = db.execute(
        f"INSERT INTO sweep ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )
    assert cursor.lastrowid is not None
    row = sweep_by_id(db, cursor.lastrowid)
    assert row is not None
    return row


def update_sweep(db: sqlite3.Connection, sweep_id: int, **columns: Any) -> None:
    """Set columns of a sweep."""
    columns = {**columns, "updated_at": time.time()}
    db.execute(
        f"UPDATE sweep SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
        (*columns.values(), sweep_id),
    )


def list_sweeps(db: sqlite3.Connection, project_id: int | None = None) -> list[sqlite3.Row]:
    """Return the sweeps of a project (of all projects without one), newest first."""
    if project_id is None:
        return db.execute("SELECT * FROM sweep ORDER BY id DESC").fetchall()
    return db.execute("SELECT * FROM sweep WHERE project_id = ? ORDER BY id DESC", (project_id,)).fetchall()


def sweep_runs(db: sqlite3.Connection, sweep_id: int) -> list[sqlite3.Row]:
    """Return a sweep's runs, oldest first."""
    return db.execute("SELECT * FROM run WHERE sweep_id = ? ORDER BY id", (sweep_id,)).fetchall()
