"""Contents of artifacts: kept once under their digest, for as long as an artifact needs them."""

import sqlite3
from collections.abc import Iterable

from server.storage.removals import note_removal


def find_content(db: sqlite3.Connection, digest: str) -> sqlite3.Row | None:
    """Return the content with this digest (hex), or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM content WHERE digest = ?", (digest,)).fetchone()
    return row


def need_contents(db: sqlite3.Connection, artifact_id: int, digests: Iterable[str]) -> None:
    """Note that an artifact needs contents (by hex digest), which may not have arrived yet."""
    db.executemany(
        "INSERT OR IGNORE INTO artifact_content (digest, artifact_id) VALUES (?, ?)",
        [(digest, artifact_id) for digest in digests],
    )


def release_contents(db: sqlite3.Connection, artifact_id: int) -> None:
    """Let go of an artifact's contents; those that no other one needs are to be removed."""
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
