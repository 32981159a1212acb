"""Files on disk that no record refers to any more: noted in the same change, deleted after it."""

import sqlite3
from collections.abc import Callable, Iterable

from server.storage.database import Database


def note_removal(db: sqlite3.Connection, blobs: Iterable[str]) -> None:
    """Note files to be deleted, in the change that deletes the last record that refers to them."""
    db.executemany("INSERT OR IGNORE INTO removal (blob) VALUES (?)", [(blob,) for blob in blobs])


def remove_noted(database: Database, remove: Callable[[Iterable[str]], None]) -> None:
    """Delete the noted files; what a crash leaves undone is done by the next call.

    Args:
        database: Where the files are noted.
        remove: Deletes files; one that no longer exists is no error.
    """
    with database.read() as db:
        blobs = [blob for (blob,) in db.execute("SELECT blob FROM removal")]
    if not blobs:
        return
    remove(blobs)

    def forget(db: sqlite3.Connection) -> None:
        db.executemany("DELETE FROM removal WHERE blob = ?", [(blob,) for blob in blobs])

    database.write(forget)
