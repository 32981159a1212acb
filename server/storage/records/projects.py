"""Projects: the named collections of runs and sweeps of an entity."""

import sqlite3
import time


def find_project(db: sqlite3.Connection, entity: str, name: str) -> sqlite3.Row | None:
    """Project with this name, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM project WHERE entity = ? AND name = ?", (entity, name)
    ).fetchone()
    return row


def ensure_project(db: sqlite3.Connection, entity: str, name: str) -> sqlite3.Row:
    """Return the project with this name; it is created if it does not exist."""
    db.execute(
        "INSERT INTO project (entity, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (entity, name, time.time()),
    )
    row = find_project(db, entity, name)
    assert row is not None
    return row


def project_by_id(db: sqlite3.Connection, project_id: int) -> sqlite3.Row:
    """Project with this id, which must exist."""
    row: sqlite3.Row = db.execute("SELECT * FROM project WHERE id = ?", (project_id,)).fetchone()
    return row


def list_projects(db: sqlite3.Connection, entity: str) -> list[sqlite3.Row]:
    """Projects of an entity, oldest first."""
    return db.execute("SELECT * FROM project WHERE entity = ? ORDER BY id", (entity,)).fetchall()
