"""Automatic copies of the database, and the command that restores one."""

import logging
import shlex
import sqlite3
import threading
import time
from pathlib import Path

from server.storage.atomic import replacing
from server.storage.database import Database

logger = logging.getLogger(__name__)

FOLDER = "backup"
KEPT = 5
"""Number of copies to keep; older ones are deleted."""
PAGES = 1024
"""Number of database pages copied at a time; small, so that a copy never blocks the server for long."""


def backups(data: Path) -> list[Path]:
    """Paths of the copies of a data folder's database, newest first."""
    return sorted((data / FOLDER).glob("sweepfarm-*.sqlite"), reverse=True)


def restore_advice(data: Path, database: Path) -> str:
    """One line that says how to restore the newest copy, or what to do if there is none."""
    copies = backups(data)
    if not copies:
        return f"there is no backup; move {data} away to start with an empty database"
    wal, shm, copy, target = (
        shlex.quote(str(path)) for path in (f"{database}-wal", f"{database}-shm", copies[0], database)
    )
    return f"restore the last backup with: rm -f {wal} {shm} && cp {copy} {target}"


class Backups:
    """Copies the database at the start, at intervals and at the end, each time only if it has changed."""

    def __init__(self, database: Database, data: Path, interval: float) -> None:
        """Start the background thread.

        Args:
            database: The database to copy.
            data: The data folder, which holds the folder of copies.
            interval: Seconds between two copies.
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
            # For example a full disk. The server must keep running, and the last good copy still exists.
            logger.exception("the backup failed")

    def _copy(self) -> None:
        folder = self._data / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"sweepfarm-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09}.sqlite"
        with replacing(folder / name) as part, self._database.read() as source:
            target = sqlite3.connect(part)
            try:
                source.backup(target, pages=PAGES)
            finally:
                target.close()
        for old in backups(self._data)[KEPT:]:
            old.unlink(missing_ok=True)
