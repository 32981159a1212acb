"""Artifacts: collections of versions, the aliases of versions, and the runs that made or used them."""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Mapping
from typing import Any

from server.storage.records.contents import need_contents, release_contents
from server.storage.records.tables import insert_row, row_by_id, update_row

LATEST = "latest"


class ArtifactError(ValueError):
    """An artifact cannot be stored; the message says why."""


def ensure_collection(db: sqlite3.Connection, project_id: int, type_name: str, name: str) -> sqlite3.Row:
    """Return the collection with this name; it is created if it does not exist.

    Raises:
        ArtifactError: If a collection of another type has this name.
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
    """Collection of a project with this name, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM collection WHERE project_id = ? AND name = ?", (project_id, name)
    ).fetchone()
    return row


def list_collections(
    db: sqlite3.Connection, project_id: int, type_name: str | None = None
) -> list[sqlite3.Row]:
    """Collections of a project, of one type or of all, oldest first."""
    return db.execute(
        "SELECT * FROM collection WHERE project_id = ? AND (? IS NULL OR type = ?) ORDER BY id",
        (project_id, type_name, type_name),
    ).fetchall()


def collection_by_id(db: sqlite3.Connection, collection_id: int) -> sqlite3.Row:
    """Collection with this row id, which must exist."""
    row: sqlite3.Row = db.execute("SELECT * FROM collection WHERE id = ?", (collection_id,)).fetchone()
    return row


def artifact_by_id(db: sqlite3.Connection, artifact_id: int) -> sqlite3.Row | None:
    """Artifact with this row id, or None."""
    return row_by_id(db, "artifact", artifact_id)


def artifact_by_client_id(db: sqlite3.Connection, client_id: str) -> sqlite3.Row | None:
    """Artifact with this client-chosen identifier, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM artifact WHERE client_id = ?", (client_id,)
    ).fetchone()
    return row


def project_artifact(db: sqlite3.Connection, project_id: int, client_id: str) -> sqlite3.Row | None:
    """Artifact of a project with this client-chosen identifier, or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT artifact.* FROM artifact JOIN collection ON collection.id = collection_id"
        " WHERE project_id = ? AND client_id = ?",
        (project_id, client_id),
    ).fetchone()
    return row


def run_artifacts(db: sqlite3.Connection, run_id: int) -> list[sqlite3.Row]:
    """Artifacts that a run made, in any state."""
    return db.execute("SELECT * FROM artifact WHERE run_id = ?", (run_id,)).fetchall()


def output_artifacts(db: sqlite3.Connection, run_id: int) -> list[sqlite3.Row]:
    """Committed artifacts that a run made, oldest first."""
    return db.execute(
        "SELECT * FROM artifact WHERE run_id = ? AND state = 'COMMITTED' ORDER BY id", (run_id,)
    ).fetchall()


def input_artifacts(db: sqlite3.Connection, run_id: int) -> list[sqlite3.Row]:
    """Committed artifacts that a run used, oldest first."""
    return db.execute(
        "SELECT artifact.* FROM artifact JOIN artifact_use ON artifact_id = artifact.id"
        " WHERE artifact_use.run_id = ? AND state = 'COMMITTED' ORDER BY artifact.id",
        (run_id,),
    ).fetchall()


def record_use(db: sqlite3.Connection, artifact_id: int, run_id: int) -> None:
    """Record that a run uses an artifact."""
    db.execute(
        "INSERT INTO artifact_use (artifact_id, run_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (artifact_id, run_id),
    )


def users_of(db: sqlite3.Connection, artifact_id: int) -> list[int]:
    """Row ids of the runs that use an artifact, in ascending order."""
    rows = db.execute("SELECT run_id FROM artifact_use WHERE artifact_id = ? ORDER BY run_id", (artifact_id,))
    return [run_id for (run_id,) in rows]


def versions(db: sqlite3.Connection, collection_id: int) -> list[sqlite3.Row]:
    """Committed versions of a collection, newest first."""
    return db.execute(
        "SELECT * FROM artifact WHERE collection_id = ? AND state = 'COMMITTED' ORDER BY version DESC",
        (collection_id,),
    ).fetchall()


def find_version(db: sqlite3.Connection, collection_id: int, alias: str) -> sqlite3.Row | None:
    """Committed version with this alias, or with this number if the alias has the form `v3`; None if none."""
    for row in versions(db, collection_id):
        if alias == f"v{row['version']}":
            return row
    with_alias: sqlite3.Row | None = db.execute(
        "SELECT artifact.* FROM artifact JOIN artifact_alias ON artifact_id = artifact.id"
        " WHERE artifact_alias.collection_id = ? AND alias = ? AND state = 'COMMITTED'",
        (collection_id, alias),
    ).fetchone()
    return with_alias


def find_same(db: sqlite3.Connection, collection_id: int, digest: str) -> sqlite3.Row | None:
    """Newest committed version with this digest, or None."""
    return next((row for row in versions(db, collection_id) if row["digest"] == digest), None)


def aliases_of(db: sqlite3.Connection, artifact_id: int) -> list[sqlite3.Row]:
    """Aliases of an artifact, oldest first."""
    return db.execute(
        "SELECT * FROM artifact_alias WHERE artifact_id = ? ORDER BY id", (artifact_id,)
    ).fetchall()


def collection_aliases(db: sqlite3.Connection, collection_id: int) -> list[sqlite3.Row]:
    """Aliases of all versions of a collection, oldest first."""
    return db.execute(
        "SELECT * FROM artifact_alias WHERE collection_id = ? ORDER BY id", (collection_id,)
    ).fetchall()


def delete_aliases(db: sqlite3.Connection, artifact_id: int, aliases: Iterable[str]) -> None:
    """Remove aliases from an artifact; those that it does not have are ignored."""
    db.executemany(
        "DELETE FROM artifact_alias WHERE artifact_id = ? AND alias = ?",
        [(artifact_id, alias) for alias in aliases],
    )


def count_own_aliases(db: sqlite3.Connection, artifact_id: int) -> int:
    """Number of an artifact's aliases, without `latest`."""
    count: int = db.execute(
        "SELECT COUNT(*) FROM artifact_alias WHERE artifact_id = ? AND alias != ?", (artifact_id, LATEST)
    ).fetchone()[0]
    return count


def set_aliases(db: sqlite3.Connection, artifact: sqlite3.Row, aliases: Iterable[str]) -> None:
    """Give a version these aliases, and take them from other versions of its collection."""
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
    return insert_row(db, "artifact", values)


def update_artifact(db: sqlite3.Connection, artifact_id: int, **columns: Any) -> None:
    """Set columns of an artifact."""
    update_row(db, "artifact", artifact_id, {**columns, "updated_at": time.time()})


def manifest_digest(entries: Mapping[str, Any]) -> str:
    """MD5 digest (hex) that clients compute for an artifact with these manifest entries."""
    digest = hashlib.md5(b"wandb-artifact-manifest-v1\n", usedforsecurity=False)
    for path, entry in sorted(entries.items()):
        digest.update(f"{path}:{entry['digest']}\n".encode())
    return digest.hexdigest()


def commit_artifact(db: sqlite3.Connection, artifact: sqlite3.Row, entries: Mapping[str, Any]) -> None:
    """Give an artifact its version number and its aliases; a committed artifact is not changed.

    Args:
        db: The writer's connection.
        artifact: The artifact's row, read in this transaction.
        entries: Its files, `{"path": {"digest": hex, "size": bytes}}`; a file that is stored elsewhere has
            `ref` (its URL) instead of `digest`.
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
    digests = [entry["digest"] for entry in entries.values() if "ref" not in entry]
    need_contents(db, artifact["id"], digests)
    set_aliases(db, artifact, [*json.loads(artifact["wanted_aliases"]), LATEST])


def delete_artifact(db: sqlite3.Connection, artifact: sqlite3.Row) -> None:
    """Delete a version; the alias `latest` moves to the newest version that remains.

    The contents that no other artifact needs are marked for removal.
    """
    was_latest = any(row["alias"] == LATEST for row in aliases_of(db, artifact["id"]))
    db.execute("DELETE FROM artifact_alias WHERE artifact_id = ?", (artifact["id"],))
    update_artifact(db, artifact["id"], state="DELETED", client_id=None)
    release_contents(db, artifact["id"])
    remaining = versions(db, artifact["collection_id"])
    if was_latest and remaining:
        set_aliases(db, remaining[0], [LATEST])
