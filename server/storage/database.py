"""The database: migrations, many readers, and one writer thread that commits changes in groups."""

import queue
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

DATABASE = "sweepfarm.sqlite"
"""Name of the database in the data folder."""

GROUP_SECONDS = 0.02
"""Changes that arrive within this time share one transaction, so that the disk is written only once."""


class DatabaseError(Exception):
    """The database cannot be opened or is damaged; the message says why."""


class DamagedError(DatabaseError):
    """The file of the database is damaged."""


@dataclass(order=True)
class _Change:
    """A change in the writer's queue, sorted by rank and arrival; `work` is None to end the writer."""

    rank: int
    number: int
    work: Work[Any] | None = field(compare=False)
    done: Future[Any] = field(compare=False)


class Database:
    """A SQLite database; `write` returns when its change is on disk, `read` never waits for the writer."""

    def __init__(self, path: Path) -> None:
        """Open the file, check it, and apply the new migrations.

        Raises:
            DamagedError: If the file is damaged or is not an SQLite database.
            DatabaseError: If the file cannot be written or was written by a newer version.
        """
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()
        self._waiting: queue.PriorityQueue[_Change] = queue.PriorityQueue()
        self._numbers = count()
        self._actions: list[Callable[[], None]] = []
        self.changes = 0
        """Number of transactions committed since the start."""
        self.failed_at = 0.0
        """Time of the last failed transaction, in seconds since the epoch; 0 if none failed."""
        self._writer_connection = self._open_writer()
        self._thread = threading.Thread(target=self._commit_in_groups, name="database-writer", daemon=True)
        self._thread.start()

    def write(self, work: Work[T], *, urgent: bool = False) -> T:
        """Run `work` in a transaction, and return its result when the changes are on disk.

        If `work` raises, its changes are rolled back and the exception is raised here.

        Args:
            work: Makes the changes; called on the writer's thread, with its connection. It should be short.
            urgent: Whether to run it before the changes in the queue that are not urgent.
        """
        done: Future[T] = Future()
        self._waiting.put(_Change(0 if urgent else 1, next(self._numbers), work, done))
        return done.result()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call `action` when the current change is on disk; may be called only by the `work` of a `write`."""
        self._actions.append(action)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's read-only connection, inside one transaction: all reads see the same state."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)
            self._local.connection = connection
            with self._readers_lock:
                self._readers.append(connection)
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.rollback()

    def close(self) -> None:
        """Finish the changes in the queue and close all connections."""
        self._waiting.put(_Change(2, next(self._numbers), None, Future()))
        self._thread.join()
        with self._readers_lock:
            for connection in self._readers:
                connection.close()
        self._writer_connection.close()

    def _connect(self, path: str, *, uri: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            path, uri=uri, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")
        return connection

    def _open_writer(self) -> sqlite3.Connection:
        try:
            connection = self._connect(str(self.path))
            connection.execute("PRAGMA page_size = 8192")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise DamagedError(f"{self.path} is damaged ({' '.join(problem.split())})")
            migrate(connection)
        except sqlite3.OperationalError as error:
            raise DatabaseError(f"cannot write {self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise DamagedError(f"{self.path} is damaged ({error})") from error
        return connection

    def _commit_in_groups(self) -> None:
        while True:
            first = self._waiting.get()
            if first.work is None:
                return
            self._commit(first)

    def _commit(self, first: _Change) -> None:
        """Apply a change, and all that arrive within `GROUP_SECONDS`, in one transaction."""
        connection = self._writer_connection
        group: list[_Change] = []
        succeeded: list[tuple[Future[Any], Any]] = []
        deadline = time.monotonic() + GROUP_SECONDS
        try:
            connection.execute("BEGIN IMMEDIATE")
            change: _Change | None = first
            while change is not None:
                group.append(change)
                self._apply(connection, change, succeeded)
                change = self._next_in_group() if time.monotonic() < deadline else None
            connection.execute("COMMIT")
            self.changes += 1
        except sqlite3.Error as error:
            # For example a full disk. No change of the group was stored, so every caller gets the error.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for failed in group:
                if not failed.done.done():
                    failed.done.set_exception(error)
            self.failed_at = time.time()
            self._actions.clear()
            return
        for done, result in succeeded:
            done.set_result(result)
        actions, self._actions = self._actions, []
        for action in actions:
            action()

    def _next_in_group(self) -> _Change | None:
        try:
            change = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if change.work is None:
            # The outer loop handles the request to end.
            self._waiting.put(change)
            return None
        return change

    @staticmethod
    def _apply(
        connection: sqlite3.Connection, change: _Change, succeeded: list[tuple[Future[Any], Any]]
    ) -> None:
        assert change.work is not None
        connection.execute("SAVEPOINT change")
        try:
            succeeded.append((change.done, change.work(connection)))
        except Exception as error:
            connection.execute("ROLLBACK TO change")
            change.done.set_exception(error)
        connection.execute("RELEASE change")


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the files of `migrations/` that are newer than the database, each in one transaction.

    Raises:
        DatabaseError: If the database was written by a newer version.
    """
    files = sorted(
        (f for f in (resources.files(__package__) / "migrations").iterdir() if f.name.endswith(".sql")),
        key=lambda f: f.name,
    )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(files):
        raise DatabaseError(
            f"the database was written by a newer version (schema {version}, this version knows {len(files)})"
        )
    for number, file in enumerate(files, start=1):
        if number <= version:
            continue
        assert re.match(rf"{number:04d}_", file.name), f"{file.name} is out of order"
        script = file.read_text(encoding="utf-8")
        connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")
