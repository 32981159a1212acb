"""Files that runs upload: kept beside the database, written aside and moved into place whole."""

import base64
import hashlib
import mimetypes
import os
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from server.storage.removals import note_removal


class FileNameError(ValueError):
    """A file name that leads out of its run."""


class TooLargeError(ValueError):
    """A file beyond the size limit."""


def checked_name(name: str) -> str:
    """Return a run's file name if it stays within the run.

    Raises:
        FileNameError: If it is empty, absolute, or climbs with `..`.
    """
    path = PurePosixPath(name)
    if not name or "\0" in name or "\\" in name or path.is_absolute() or ".." in path.parts:
        raise FileNameError(f"not a file name within a run: {name!r}")
    return str(path)


@dataclass(frozen=True)
class Stored:
    """A file's content on disk.

    Attributes:
        blob: Path below the store.
        size: Bytes.
        md5: Base64 digest, as clients compare it.
    """

    blob: str
    size: int
    md5: str


class FileStore:
    """A folder of file contents under names that the server chooses."""

    def __init__(self, root: Path, limit: int) -> None:
        """Use `root`, created if needed, for files of at most `limit` bytes."""
        self.root = root
        self.limit = limit
        self.root.mkdir(parents=True, exist_ok=True)

    def path(self, blob: str) -> Path:
        """Return where a content lies."""
        return self.root / blob

    async def receive(self, owner: str, content: AsyncIterator[bytes]) -> Stored:
        """Store a content durably and return what was stored.

        Args:
            owner: A folder name chosen by the server.
            content: The bytes, in pieces.

        Raises:
            TooLargeError: If there are more bytes than the limit.
        """
        blob = f"{owner}/{secrets.token_hex(16)}"
        target = self.path(blob)
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_suffix(".part")
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        try:
            with aside.open("wb") as file:
                async for piece in content:
                    size += len(piece)
                    if size > self.limit:
                        raise TooLargeError(f"larger than {self.limit} bytes")
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return Stored(blob, size, base64_digest(digest.digest()))

    def remove(self, blobs: Iterable[str]) -> None:
        """Remove contents that nothing refers to any more."""
        for blob in blobs:
            self.path(blob).unlink(missing_ok=True)


def base64_digest(digest: bytes) -> str:
    """Return a digest in the base64 form that clients compare."""
    return base64.b64encode(digest).decode()


def hex_of(digest: str) -> str:
    """Return a base64 digest as hex digits."""
    return base64.b64decode(digest).hex()


def record_file(db: sqlite3.Connection, run_id: int, name: str, stored: Stored) -> None:
    """Make a stored content a run's file; a content that it replaces is to be removed."""
    earlier = db.execute("SELECT blob FROM file WHERE run_id = ? AND name = ?", (run_id, name)).fetchone()
    db.execute(
        "INSERT INTO file (run_id, name, size, md5, mimetype, blob, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run_id, name) DO UPDATE SET size = excluded.size, md5 = excluded.md5,"
        " mimetype = excluded.mimetype, blob = excluded.blob, updated_at = excluded.updated_at",
        (
            run_id,
            name,
            stored.size,
            stored.md5,
            mimetypes.guess_type(name)[0] or "application/octet-stream",
            stored.blob,
            time.time(),
        ),
    )
    if earlier is not None:
        note_removal(db, [earlier["blob"]])


def run_files(
    db: sqlite3.Connection, run_id: int, names: list[str] | None = None, pattern: str | None = None
) -> list[sqlite3.Row]:
    """Return a run's files by name: all, those in `names`, or those that match a LIKE pattern."""
    wanted = {str(PurePosixPath(name)) for name in names or ()}
    rows = db.execute(
        "SELECT * FROM file WHERE run_id = ? AND name LIKE ? ORDER BY name", (run_id, pattern or "%")
    ).fetchall()
    return [row for row in rows if not wanted or row["name"] in wanted]
