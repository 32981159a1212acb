"""Inserting, reading and updating one row of any table, and new random names."""

import secrets
import sqlite3
import string
from collections.abc import Mapping, Sequence
from typing import Any

_NAME_CHARACTERS = string.ascii_lowercase + string.digits


def new_name() -> str:
    """Random name of eight lower-case letters and digits, like those of W&B's runs and sweeps."""
    return "".join(secrets.choice(_NAME_CHARACTERS) for _ in range(8))


def row_by_id(db: sqlite3.Connection, table: str, row_id: int) -> sqlite3.Row | None:
    """Row of `table` with this `id`, or None."""
    row: sqlite3.Row | None = db.execute(f"SELECT * FROM {table} WHERE id = ?", (row_id,)).fetchone()
    return row


def insert_row(db: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> sqlite3.Row:
    """Insert one row and return it as stored.

    Args:
        db: The writer's connection.
        table: A table with an integer `id`.
        values: Values by column; the names of the columns must not come from a client.
    """
    cursor = db.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )
    assert cursor.lastrowid is not None
    row = row_by_id(db, table, cursor.lastrowid)
    assert row is not None
    return row


def update_row(db: sqlite3.Connection, table: str, row_id: int, values: Mapping[str, Any]) -> None:
    """Set columns of one row to `values`, if there are any."""
    if values:
        db.execute(
            f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in values)} WHERE id = ?",
            (*values.values(), row_id),
        )


def placeholders(values: Sequence[Any]) -> str:
    """`?, ?, ...`, one placeholder for each value."""
    return ", ".join("?" * len(values))
