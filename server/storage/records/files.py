"""The records of the files that runs upload; `server.storage.blobs` holds their contents."""

import mimetypes
import sqlite3
import time
from collections.abc import Sequence
from pathlib import PurePosixPath

from server.storage.blobs import StoredBlob
from server.storage.records.removals import note_removal
from server.storage.records.tables import placeholders


class FileNameError(ValueError):
    """A file name is not a relative path within its run."""


def checked_name(name: str) -> str:
    """Normalised file name, relative to the folder of its run.

    Raises:
        FileNameError: If the name is empty, absolute, or contains `..`, a backslash or a null byte.
    """
    path = PurePosixPath(name)
    if not name or "\0" in name or "\\" in name or path.is_absolute() or ".." in path.parts:
        raise FileNameError(f"not a file name within a run: {name!r}")
    return str(path)


def record_file(db: sqlite3.Connection, run_id: int, name: str, stored: StoredBlob) -> None:
    """Record a stored blob as a file of a run; if it replaces another blob, that is marked for removal."""
    replaced = db.execute("SELECT blob FROM file WHERE run_id = ? AND name = ?", (run_id, name)).fetchone()
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
    if replaced is not None:
        note_removal(db, [replaced["blob"]])


def find_file(db: sqlite3.Connection, run_id: int, name: str) -> sqlite3.Row | None:
    """File of a run with this name, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM file WHERE run_id = ? AND name = ?", (run_id, name)
    ).fetchone()
    return row


def run_files(
    db: sqlite3.Connection, run_id: int, names: list[str] | None = None, pattern: str | None = None
) -> list[sqlite3.Row]:
    """Files of a run, sorted by name: all, those in `names`, or those that match a LIKE pattern."""
    paths = {str(PurePosixPath(name)) for name in names or ()}
    rows = db.execute(
        "SELECT * FROM file WHERE run_id = ? AND name LIKE ? ORDER BY name", (run_id, pattern or "%")
    ).fetchall()
    return [row for row in rows if not paths or row["name"] in paths]


def delete_files(db: sqlite3.Connection, file_ids: Sequence[int]) -> None:
    """Delete the records of files and mark their blobs for removal."""
    deleted = db.execute(
        f"DELETE FROM file WHERE id IN ({placeholders(file_ids)}) RETURNING blob", tuple(file_ids)
    ).fetchall()
    note_removal(db, [blob for (blob,) in deleted])
