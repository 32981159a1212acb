"""Artifacts, their collections, types and files as GraphQL clients see them."""

import base64
import json
import mimetypes
import sqlite3
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from server.graphql.connection import connection
from server.graphql.context import Context, timestamp
from server.graphql.execute import QueryError
from server.graphql.nodes.owner import Node, entity_node
from server.http.auth import sign
from server.storage.artifacts import (
    LATEST,
    aliases_of,
    artifact_by_id,
    collection_by_id,
    find_collection,
    find_version,
    list_collections,
    versions,
)
from server.storage.projects import project_by_id
from server.storage.runs import run_by_id

# Seconds for which a download address is good.
ADDRESS_LIFETIME = 24 * 3600


def artifact_id(number: int) -> str:
    """Return an artifact's identifier: clients also use its base64 payload by itself."""
    return base64.b64encode(f"Artifact:{number}".encode()).decode()


def artifact_row_id(identifier: Any) -> int:
    """Return the row number in an artifact's identifier.

    Raises:
        QueryError: If it identifies something else.
    """
    try:
        kind, _, number = base64.b64decode(str(identifier), validate=True).decode().partition(":")
    except ValueError:
        kind, number = "", ""
    if kind != "Artifact" or not number.isdigit():
        raise QueryError(f"not the id of an artifact: {identifier!r}")
    return int(number)


def hex_digest(digest: str) -> str:
    """Return a base64 MD5 digest as 32 hex digits.

    Raises:
        QueryError: If it is not one.
    """
    try:
        raw = base64.b64decode(digest, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 16:
        raise QueryError(f"not an MD5 digest in base64: {digest!r}")
    return raw.hex()


def content_path(context: Context, digest: str) -> str:
    """Return the path of a content by its digest (hex)."""
    return f"/artifacts/{quote(context.service.settings.entity, safe='')}/{digest}"


def download_url(context: Context, digest: str) -> str:
    """Return an address from which a content can be had without the key, for a limited time."""
    path = content_path(context, digest)
    expires = int(time.time()) + ADDRESS_LIFETIME
    return f"{context.base_url}{path}?expires={expires}&signature={sign(context.service.key, path, expires)}"


def _plain_project(context: Context, project_id: int) -> Node:
    with context.read() as db:
        project = project_by_id(db, project_id)
    return {
        "__typename": "Project",
        "id": f"Project:{project['id']}",
        "internalId": str(project["id"]),
        "name": project["name"],
        "entity": entity_node(project["entity"]),
        "entityName": project["entity"],
    }


def run_reference(context: Context, run_id: int | None) -> Node | None:
    """Return what tells which run made or used an artifact."""
    if run_id is None:
        return None
    with context.read() as db:
        run = run_by_id(db, run_id)
    if run is None:
        return None
    return {
        "__typename": "Run",
        "id": f"Run:{run['id']}",
        "name": run["name"],
        "displayName": run["display_name"],
        "project": _plain_project(context, run["project_id"]),
    }


def collection_node(context: Context, collection: sqlite3.Row) -> Node:
    """Return a collection with its versions."""

    def newest() -> sqlite3.Row | None:
        with context.read() as db:
            return find_version(db, collection["id"], LATEST)

    def latest(_: Any) -> Node | None:
        row = newest()
        return None if row is None else artifact_node(context, row)

    def artifacts(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            rows = versions(db, collection["id"])
        if "+" in str(arguments.get("order") or ""):
            rows.reverse()
        page = connection(
            rows, arguments, lambda row: artifact_node(context, row), "VersionedArtifactConnection"
        )
        for edge in page["edges"]:
            edge["version"] = f"v{edge['node']['versionIndex']}"
        return page

    def membership(arguments: Mapping[str, Any]) -> Node | None:
        with context.read() as db:
            row = find_version(db, collection["id"], str(arguments.get("aliasName") or LATEST))
        return None if row is None else membership_node(context, row)

    def aliases(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            rows = db.execute(
                "SELECT * FROM artifact_alias WHERE collection_id = ? ORDER BY id", (collection["id"],)
            ).fetchall()
        return connection(rows, arguments, _alias_node)

    return {
        "__typename": "ArtifactSequence",
        "id": f"ArtifactCollection:{collection['id']}",
        "name": collection["name"],
        "description": collection["description"],
        "createdAt": timestamp(collection["created_at"]),
        "updatedAt": timestamp(collection["updated_at"]),
        "state": "READY",
        "project": lambda _: _plain_project(context, collection["project_id"]),
        "defaultArtifactType": {"__typename": "ArtifactType", "name": collection["type"]},
        "digestAlgorithm": "MANIFEST_MD5",
        "tags": {"edges": []},
        "latestArtifact": latest,
        "artifacts": artifacts,
        "artifactMembership": membership,
        "aliases": aliases,
    }


def _alias_node(row: sqlite3.Row) -> Node:
    return {"__typename": "ArtifactAlias", "id": f"ArtifactAlias:{row['id']}", "alias": row["alias"]}


def artifact_node(context: Context, artifact: sqlite3.Row) -> Node:
    """Return an artifact."""

    def collection(_: Any = None) -> Node:
        with context.read() as db:
            return collection_node(context, collection_by_id(db, artifact["collection_id"]))

    def type_node(_: Any) -> Node:
        with context.read() as db:
            return {"name": collection_by_id(db, artifact["collection_id"])["type"]}

    def aliases(_: Any) -> list[Node]:
        with context.read() as db:
            rows = aliases_of(db, artifact["id"])
        return [{**_alias_node(row), "artifactCollection": collection()} for row in rows]

    def manifest(_: Any) -> Node | None:
        if artifact["manifest_digest"] is None:
            return None
        return {
            "__typename": "ArtifactManifest",
            "id": f"ArtifactManifest:{artifact['id']}",
            "file": {"directUrl": download_url(context, artifact["manifest_digest"])},
        }

    def used_by(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            users = db.execute(
                "SELECT run_id FROM artifact_use WHERE artifact_id = ? ORDER BY run_id", (artifact["id"],)
            ).fetchall()
        return connection(users, arguments, lambda row: run_reference(context, row["run_id"]))

    def by_entries(arguments: Mapping[str, Any]) -> Node:
        wanted = [str(entry.get("name")) for entry in arguments.get("entries") or []]
        return _files(context, artifact, {**arguments, "names": wanted})

    return {
        "__typename": "Artifact",
        "id": artifact_id(artifact["id"]),
        "artifactSequence": collection,
        "versionIndex": artifact["version"],
        "artifactType": type_node,
        "description": artifact["description"],
        "metadata": artifact["metadata"],
        # No version expires by itself; -1 is what clients read as "never".
        "ttlDurationSeconds": -1,
        "ttlIsInherited": False,
        "tags": [
            {"__typename": "Tag", "id": f"Tag:{artifact['id']}:{tag}", "name": tag}
            for tag in json.loads(artifact["tags"])
        ],
        "historyStep": artifact["history_step"],
        "state": artifact["state"],
        "size": artifact["size"],
        "digest": artifact["digest"],
        "digestAlgorithm": "MANIFEST_MD5",
        "commitHash": artifact["digest"][:20],
        "fileCount": artifact["file_count"],
        "createdAt": timestamp(artifact["created_at"]),
        "updatedAt": timestamp(artifact["updated_at"]),
        "aliases": aliases,
        "currentManifest": manifest,
        "createdBy": lambda _: run_reference(context, artifact["run_id"]),
        "usedBy": used_by,
        "files": lambda arguments: _files(context, artifact, arguments),
        "filesByManifestEntries": by_entries,
        "artifactMemberships": lambda arguments: connection(
            [artifact], arguments, lambda row: membership_node(context, row)
        ),
    }


def membership_node(context: Context, artifact: sqlite3.Row) -> Node:
    """Return an artifact as a version of its collection."""
    node = artifact_node(context, artifact)
    return {
        "__typename": "ArtifactCollectionMembership",
        "id": f"ArtifactCollectionMembership:{artifact['id']}",
        "versionIndex": artifact["version"],
        "createdAt": node["createdAt"],
        "aliases": node["aliases"],
        "artifactCollection": node["artifactSequence"],
        "artifact": node,
        "files": node["files"],
    }


def _files(context: Context, artifact: sqlite3.Row, arguments: Mapping[str, Any]) -> Node:
    entries = json.loads(artifact["entries"])
    names = arguments.get("names")
    found = [(name, entry) for name, entry in sorted(entries.items()) if not names or name in names]

    def node(item: tuple[str, Any]) -> Node:
        name, entry = item
        elsewhere = entry.get("ref")
        digest = None if elsewhere else base64.b64encode(bytes.fromhex(entry["digest"])).decode()
        url = elsewhere or download_url(context, entry["digest"])
        return {
            "__typename": "File",
            "id": f"ArtifactFile:{artifact['id']}:{name}",
            "name": name,
            "displayName": name,
            "url": url,
            "directUrl": url,
            "sizeBytes": entry["size"],
            "storagePath": None,
            "mimetype": mimetypes.guess_type(name)[0],
            "updatedAt": timestamp(artifact["updated_at"]),
            "digest": digest,
            "md5": digest,
        }

    return connection(found, arguments, node, "FileConnection")


def project_artifact_fields(context: Context, project_id: int) -> Node:
    """Return the fields of a project that lead to its artifacts."""

    def type_node(name: str) -> Node:
        return {
            "__typename": "ArtifactType",
            "id": f"ArtifactType:{project_id}:{name}",
            "name": name,
            "description": None,
            "createdAt": timestamp(0),
            "artifactCollections": lambda arguments: collections(arguments, name),
            "artifactSequences": lambda arguments: collections(arguments, name),
            "artifactCollection": collection,
            "artifactSequence": collection,
        }

    def collections(arguments: Mapping[str, Any], type_name: str | None = None) -> Node:
        with context.read() as db:
            rows = list_collections(db, project_id, type_name)
        return connection(
            rows, arguments, lambda row: collection_node(context, row), "ArtifactCollectionConnection"
        )

    def collection(arguments: Mapping[str, Any]) -> Node | None:
        with context.read() as db:
            row = find_collection(db, project_id, str(arguments.get("name")))
        return None if row is None else collection_node(context, row)

    def types() -> list[str]:
        with context.read() as db:
            return list(dict.fromkeys(row["type"] for row in list_collections(db, project_id)))

    def one_type(arguments: Mapping[str, Any]) -> Node | None:
        name = str(arguments.get("name"))
        return type_node(name) if name in types() else None

    def version(arguments: Mapping[str, Any]) -> sqlite3.Row | None:
        name, _, alias = str(arguments.get("name")).partition(":")
        with context.read() as db:
            if name and not alias:
                # Clients also name an artifact by its identifier or their own.
                found = db.execute(
                    "SELECT artifact.* FROM artifact JOIN collection ON collection.id = collection_id"
                    " WHERE project_id = ? AND client_id = ?",
                    (project_id, name),
                ).fetchone()
                if found is not None:
                    return artifact_by_id(db, found["id"])
            row = find_collection(db, project_id, name)
            return None if row is None else find_version(db, row["id"], alias or LATEST)

    def artifact(arguments: Mapping[str, Any]) -> Node | None:
        row = version(arguments)
        return None if row is None else artifact_node(context, row)

    def membership(arguments: Mapping[str, Any]) -> Node | None:
        row = version(arguments)
        return None if row is None else membership_node(context, row)

    return {
        "artifactTypes": lambda arguments: connection(
            types(), arguments, type_node, "ArtifactTypeConnection"
        ),
        "artifactType": one_type,
        "artifactCollections": collections,
        "artifactCollection": collection,
        "artifact": artifact,
        "artifactCollectionMembership": membership,
    }


def run_artifacts(context: Context, run_id: int, arguments: Mapping[str, Any], *, used: bool) -> Node:
    """Return the artifacts that a run made, or those that it used."""
    query = (
        "SELECT artifact.* FROM artifact JOIN artifact_use ON artifact_id = artifact.id"
        " WHERE artifact_use.run_id = ? AND state = 'COMMITTED' ORDER BY artifact.id"
        if used
        else "SELECT * FROM artifact WHERE run_id = ? AND state = 'COMMITTED' ORDER BY id"
    )
    with context.read() as db:
        rows = db.execute(query, (run_id,)).fetchall()
    return connection(rows, arguments, lambda row: artifact_node(context, row), "ArtifactConnection")
