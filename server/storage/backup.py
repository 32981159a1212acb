"""Automatic copies of the database, and how to go back to one."""

import logging
import shlex
import sqlite3
import threading
import time
from pathlib import Path

from server.storage.database import Database

logger = logging.getLogger(__name__)

FOLDER = "backup"
KEPT = 5
"""How many copies are kept; the oldest goes first."""
PAGES = 1024
"""Pages copied between two pauses, so that a copy never holds up the server for long."""


def backups(data: Path) -> list[Path]:
    """Return the copies of a data folder's database, newest first."""
    return sorted((data / FOLDER).glob("sweepfarm-*.sqlite"), reverse=True)


def restore_advice(data: Path, database: Path) -> str:
    """Return how to go back to the newest copy, or what to do where there is none."""
    found = backups(data)
    if not found:
        return f"there is no backup; move {data} away to start anew"
    wal, shm, copy, target = (
        shlex.quote(str(path)) for path in (f"{database}-wal", f"{database}-shm", found[0], database)
    )
    return f"go back to the last backup with: rm -f {wal} {shm} && cp {copy} {target}"


class Backups:
    """Copies the database at start and then at intervals, if it changed."""

    def __init__(self, database: Database, data: Path, interval: float) -> None:
        """Start the background thread.

        Args:
            database: What to copy.
            data: Where the folder of copies is.
            interval: Seconds between copies.
        """
        self._database = database
        self._data = data
        self._interval = interval
        self._copied_change = -1
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._copy_forever, name="backup", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Make a last copy and stop the background thread."""
        self._closing.set()
        self._thread.join()
        self._copy_if_changed()

    def _copy_forever(self) -> None:
        wait = 0.0
        while not self._closing.wait(wait):
            self._copy_if_changed()
            wait = self._interval

    def _copy_if_changed(self) -> None:
        change = self._database.changes
        if change == self._copied_change:
            return
        try:
            self._copy()
            self._copied_change = change
        except (OSError, sqlite3.Error):
            # The server goes on: a full disk must not end it, and the last good copy is still there.
            logger.exception("the backup failed")

    def _copy(self) -> None:
        folder = self._data / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"sweepfarm-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09}.sqlite"
        aside = folder / f"{name}.part"
        try:
            with self._database.read() as source:
                target = sqlite3.connect(aside)
                try:
                    source.backup(target, pages=PAGES)
                finally:
                    target.close()
            aside.replace(folder / name)
        finally:
            aside.unlink(missing_ok=True)
        for old in backups(self._data)[KEPT:]:
            old.unlink(missing_ok=True)
