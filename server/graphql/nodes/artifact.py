"""The GraphQL fields of artifacts, their collections and their files."""

import base64
import json
import mimetypes
import sqlite3
from collections.abc import Mapping
from typing import Any

from server.graphql.connection import connection
from server.graphql.context import Context, timestamp
from server.graphql.nodes.content_urls import artifact_id, download_url
from server.graphql.nodes.owner import Node, project_reference
from server.storage.records.artifacts import (
    LATEST,
    aliases_of,
    collection_aliases,
    collection_by_id,
    find_version,
    users_of,
    versions,
)
from server.storage.records.projects import project_by_id
from server.storage.records.runs import run_by_id


def run_reference(context: Context, run_id: int | None) -> Node | None:
    """GraphQL run that made or used an artifact, with a few fields only; None if it does not exist."""
    if run_id is None:
        return None
    with context.read() as db:
        run = run_by_id(db, run_id)
        if run is None:
            return None
        project = project_by_id(db, run["project_id"])
    return {
        "__typename": "Run",
        "id": f"Run:{run['id']}",
        "name": run["name"],
        "displayName": run["display_name"],
        "project": project_reference(project),
    }


def collection_node(context: Context, collection: sqlite3.Row) -> Node:
    """GraphQL collection with its versions and aliases."""

    def project(_: Any) -> Node:
        with context.read() as db:
            return project_reference(project_by_id(db, collection["project_id"]))

    def latest(_: Any) -> Node | None:
        with context.read() as db:
            row = find_version(db, collection["id"], LATEST)
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
            rows = collection_aliases(db, collection["id"])
        return connection(rows, arguments, _alias_node)

    return {
        "__typename": "ArtifactSequence",
        "id": f"ArtifactCollection:{collection['id']}",
        "name": collection["name"],
        "description": collection["description"],
        "createdAt": timestamp(collection["created_at"]),
        "updatedAt": timestamp(collection["updated_at"]),
        "state": "READY",
        "project": project,
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
    """GraphQL artifact: one version of a collection."""

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
            users = users_of(db, artifact["id"])
        return connection(users, arguments, lambda run_id: run_reference(context, run_id))

    def by_entries(arguments: Mapping[str, Any]) -> Node:
        names = [str(entry.get("name")) for entry in arguments.get("entries") or []]
        return _files(context, artifact, {**arguments, "names": names})

    return {
        "__typename": "Artifact",
        "id": artifact_id(artifact["id"]),
        "artifactSequence": collection,
        "versionIndex": artifact["version"],
        "artifactType": type_node,
        "description": artifact["description"],
        "metadata": artifact["metadata"],
        # -1 means that the version never expires.
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
    """GraphQL membership of an artifact in its collection."""
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
    selected = [(name, entry) for name, entry in sorted(entries.items()) if not names or name in names]

    def node(item: tuple[str, Any]) -> Node:
        name, entry = item
        reference = entry.get("ref")
        digest = None if reference else base64.b64encode(bytes.fromhex(entry["digest"])).decode()
        url = reference or download_url(context, entry["digest"])
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

    return connection(selected, arguments, node, "FileConnection")
