"""The GraphQL fields of projects and runs that give their artifacts."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from server.graphql.connection import connection
from server.graphql.context import Context, timestamp
from server.graphql.nodes.artifact import artifact_node, collection_node, membership_node
from server.graphql.nodes.owner import Node
from server.storage.records.artifacts import (
    LATEST,
    find_collection,
    find_version,
    input_artifacts,
    list_collections,
    output_artifacts,
    project_artifact,
)


def project_artifact_fields(context: Context, project_id: int) -> Node:
    """Fields of a GraphQL project that give its artifacts."""

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
                # The name can also be the identifier that the client chose for the artifact.
                row = project_artifact(db, project_id, name)
                if row is not None:
                    return row
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


def run_artifact_fields(context: Context, run_id: int) -> Node:
    """Fields of a GraphQL run that give the artifacts that it made and used."""

    def artifacts(
        find: Callable[[sqlite3.Connection, int], list[sqlite3.Row]], arguments: Mapping[str, Any]
    ) -> Node:
        with context.read() as db:
            rows = find(db, run_id)
        return connection(rows, arguments, lambda row: artifact_node(context, row), "ArtifactConnection")

    return {
        "outputArtifacts": lambda arguments: artifacts(output_artifacts, arguments),
        "inputArtifacts": lambda arguments: artifacts(input_artifacts, arguments),
    }
