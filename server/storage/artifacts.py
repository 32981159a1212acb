"""Artifacts: named collections of versions, aliases that point to versions, and who made and used them."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Mapping
from typing import Any

from server.storage.contents import need_contents, release_contents

LATEST = "latest"


class ArtifactError(ValueError):
    """An artifact that cannot be kept as it is; the text says why."""


def ensure_collection(db: sqlite3.Connection, project_id: int, type_name: str, name: str) -> sqlite3.Row:
    """Return a project's collection, created if it does not exist yet.

    Raises:
        ArtifactError: If it exists with another type.
    """
    now = time.time()
    db.execute(
        "INSERT INTO collection (project_id, type, name, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (project_id, type_name, name, now, now),
    )
    row = find_collection(db, project_id, name)
    assert row is not None
    if row["type"] != type_name:
        raise ArtifactError(f"artifact {name} has type {row['type']}, not {type_name}")
    return row


def find_collection(db: sqlite3.Connection, project_id: int, name: str) -> sqlite3.Row | None:
    """Return the project's collection with this name, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM collection WHERE project_id = ? AND name = ?", (project_id, name)
    ).fetchone()
    return row


def list_collections(
    db: sqlite3.Connection, project_id: int, type_name: str | None = None
) -> list[sqlite3.Row]:
    """Return a project's collections, of one type or of all, oldest first."""
    return db.execute(
        "SELECT * FROM collection WHERE project_id = ? AND (? IS NULL OR type = ?) ORDER BY id",
        (project_id, type_name, type_name),
    ).fetchall()


def collection_by_id(db: sqlite3.Connection, collection_id: int) -> sqlite3.Row:
    """Return a collection that exists."""
    row: sqlite3.Row = db.execute("SELECT * FROM collection WHERE id = ?", (collection_id,)).fetchone()
    return row


def artifact_by_id(db: sqlite3.Connection, artifact_id: int) -> sqlite3.Row | None:
    """Return the artifact with this row number, or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM artifact WHERE id = ?", (artifact_id,)).fetchone()
    return row


def artifact_by_client_id(db: sqlite3.Connection, client_id: str) -> sqlite3.Row | None:
    """Return the artifact that a client made under its own identifier, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM artifact WHERE client_id = ?", (client_id,)
    ).fetchone()
    return row


def versions(db: sqlite3.Connection, collection_id: int) -> list[sqlite3.Row]:
    """Return a collection's committed versions, newest first."""
    return db.execute(
        "SELECT * FROM artifact WHERE collection_id = ? AND state = 'COMMITTED' ORDER BY version DESC",
        (collection_id,),
    ).fetchall()


def find_version(db: sqlite3.Connection, collection_id: int, alias: str) -> sqlite3.Row | None:
    """Return the committed version that an alias, `v3` or `latest` names, or None."""
    for row in versions(db, collection_id):
        if alias == f"v{row['version']}":
            return row
    found: sqlite3.Row | None = db.execute(
        "SELECT artifact.* FROM artifact JOIN artifact_alias ON artifact_id = artifact.id"
        " WHERE artifact_alias.collection_id = ? AND alias = ? AND state = 'COMMITTED'",
        (collection_id, alias),
    ).fetchone()
    return found


def find_same(db: sqlite3.Connection, collection_id: int, digest: str) -> sqlite3.Row | None:
    """Return the newest committed version with this digest, or None."""
    return next((row for row in versions(db, collection_id) if row["digest"] == digest), None)


def aliases_of(db: sqlite3.Connection, artifact_id: int) -> list[sqlite3.Row]:
    """Return an artifact's aliases."""
    return db.execute(
        "SELECT * FROM artifact_alias WHERE artifact_id = ? ORDER BY id", (artifact_id,)
    ).fetchall()


def set_aliases(db: sqlite3.Connection, artifact: sqlite3.Row, aliases: Iterable[str]) -> None:
    """Let aliases point to this version, wherever in its collection they pointed before."""
    db.executemany(
        "INSERT INTO artifact_alias (collection_id, artifact_id, alias) VALUES (?, ?, ?)"
        " ON CONFLICT (collection_id, alias) DO UPDATE SET artifact_id = excluded.artifact_id",
        [(artifact["collection_id"], artifact["id"], alias) for alias in dict.fromkeys(aliases)],
    )


def create_artifact(db: sqlite3.Connection, collection_id: int, **columns: Any) -> sqlite3.Row:
    """Store a new artifact in state PENDING and return it."""
    now = time.time()
    values = {
        "collection_id": collection_id,
        "state": "PENDING",
        "created_at": now,
        "updated_at": now,
        **columns,
    }
    cursor = db.execute(
        f"INSERT INTO artifact ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )
    assert cursor.lastrowid is not None
    row = artifact_by_id(db, cursor.lastrowid)
    assert row is not None
    return row


def update_artifact(db: sqlite3.Connection, artifact_id: int, **columns: Any) -> None:
    """Set columns of an artifact."""
    columns = {**columns, "updated_at": time.time()}
    db.execute(
        f"UPDATE artifact SET {', '.join(f'{name} = ?' for name in columns)} WHERE id = ?",
        (*columns.values(), artifact_id),
    )


def manifest_digest(entries: Mapping[str, Any]) -> str:
    """Return the digest that clients give an artifact with these manifest entries (MD5, hex)."""
    digest = hashlib.md5(b"wandb-artifact-manifest-v1\n", usedforsecurity=False)
    for path, entry in sorted(entries.items()):
        digest.update(f"{path}:{entry['digest']}\n".encode())
    return digest.hexdigest()


def commit_artifact(db: sqlite3.Connection, artifact: sqlite3.Row, entries: Mapping[str, Any]) -> None:
    """Make an artifact a version of its collection, with its aliases; committing twice changes nothing.

    Args:
        db: The writer's connection.
        artifact: The artifact as it stands.
        entries: Its files, `{"path": {"digest": hex, "size": bytes}}`, with `ref` (an address) for a digest
            where a file is kept elsewhere.
    """
    if artifact["state"] == "COMMITTED":
        return
    newest = db.execute(
        "SELECT MAX(version) FROM artifact WHERE collection_id = ?", (artifact["collection_id"],)
    ).fetchone()[0]
    update_artifact(
        db,
        artifact["id"],
        state="COMMITTED",
        version=0 if newest is None else newest + 1,
        entries=json.dumps(entries),
        size=sum(entry["size"] for entry in entries.values()),
        file_count=len(entries),
    )
    own = [entry["digest"] for entry in entries.values() if "ref" not in entry]
    need_contents(db, artifact["id"], own)
    set_aliases(db, artifact, [*json.loads(artifact["wanted_aliases"]), LATEST])


def delete_artifact(db: sqlite3.Connection, artifact: sqlite3.Row) -> None:
    """Take a version out of its collection; `latest` moves to the newest that is left.

    Contents that no other artifact needs are noted for removal.
    """
    was_latest = any(row["alias"] == LATEST for row in aliases_of(db, artifact["id"]))
    db.execute("DELETE FROM artifact_alias WHERE artifact_id = ?", (artifact["id"],))
    update_artifact(db, artifact["id"], state="DELETED", client_id=None)
    release_contents(db, artifact["id"])
    left = versions(db, artifact["collection_id"])
    if was_latest and left:
        set_aliases(db, left[0], [LATEST])
