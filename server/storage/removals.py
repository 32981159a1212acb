"""Files that nothing refers to any more: noted with the change that frees them, removed after it."""

import sqlite3
from collections.abc import Callable, Iterable

from server.storage.database import Database


def note_removal(db: sqlite3.Connection, blobs: Iterable[str]) -> None:
    """Note files to be removed, in the change that takes away the last record of them."""
    db.executemany("INSERT OR IGNORE INTO removal (blob) VALUES (?)", [(blob,) for blob in blobs])


def remove_noted(database: Database, remove: Callable[[Iterable[str]], None]) -> None:
    """Have the noted files removed; what a crash leaves undone is done by the next call.

    Args:
        database: Where they are noted.
        remove: Removes files; one that is gone already is no error.
    """
    with database.read() as db:
        blobs = [blob for (blob,) in db.execute("SELECT blob FROM removal")]
    if not blobs:
        return
    remove(blobs)

    def forget(db: sqlite3.Connection) -> None:
        db.executemany("DELETE FROM removal WHERE blob = ?", [(blob,) for blob in blobs])

    database.write(forget)
