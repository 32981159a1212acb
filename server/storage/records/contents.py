"""The contents of the files of artifacts: each is stored once, as long as an artifact needs it."""

import sqlite3
from collections.abc import Iterable

from server.storage.blobs import StoredBlob
from server.storage.records.removals import note_removal


def find_content(db: sqlite3.Connection, digest: str) -> sqlite3.Row | None:
    """Content with this MD5 digest (hex), or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM content WHERE digest = ?", (digest,)).fetchone()
    return row


def record_content(db: sqlite3.Connection, digest: str, stored: StoredBlob) -> bool:
    """Record a content under its digest (hex), and return whether the digest is new."""
    inserted = db.execute(
        "INSERT INTO content (digest, size, blob) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (digest, stored.size, stored.blob),
    )
    return bool(inserted.rowcount)


def need_contents(db: sqlite3.Connection, artifact_id: int, digests: Iterable[str]) -> None:
    """Record that an artifact needs contents (by hex digest), even if they are not uploaded yet."""
    db.executemany(
        "INSERT OR IGNORE INTO artifact_content (digest, artifact_id) VALUES (?, ?)",
        [(digest, artifact_id) for digest in digests],
    )


def release_contents(db: sqlite3.Connection, artifact_id: int) -> None:
    """Record that an artifact no longer needs contents, and delete those that no other artifact needs."""
    digests = db.execute(
        "DELETE FROM artifact_content WHERE artifact_id = ? RETURNING digest", (artifact_id,)
    ).fetchall()
    for (digest,) in digests:
        freed = db.execute(
            "DELETE FROM content WHERE digest = ? AND digest NOT IN (SELECT digest FROM artifact_content)"
            " RETURNING blob",
            (digest,),
        ).fetchall()
        note_removal(db, [blob for (blob,) in freed])
