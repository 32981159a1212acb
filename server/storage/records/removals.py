"""Files that no record refers to any more: marked in one transaction, deleted from disk after it."""

import sqlite3
from collections.abc import Callable, Iterable

from server.storage.database import Database


def note_removal(db: sqlite3.Connection, blobs: Iterable[str]) -> None:
    """Mark files for removal, in the transaction that deletes the last record that refers to them."""
    db.executemany("INSERT OR IGNORE INTO removal (blob) VALUES (?)", [(blob,) for blob in blobs])


def remove_noted(database: Database, remove: Callable[[Iterable[str]], None]) -> None:
    """Delete the marked files; after a crash, the next call deletes the rest.

    Args:
        database: The database in which the files are marked.
        remove: Deletes files; must ignore those that do not exist.
    """
    with database.read() as db:
        blobs = [blob for (blob,) in db.execute("SELECT blob FROM removal")]
    if not blobs:
        return
    remove(blobs)

    def forget(db: sqlite3.Connection) -> None:
        db.executemany("DELETE FROM removal WHERE blob = ?", [(blob,) for blob in blobs])

    database.write(forget)
