"""The root fields of queries, by name."""

from typing import Any

from server.graphql.connection import connection
from server.graphql.context import Context, row_id
from server.graphql.execute import Arguments, Resolver
from server.graphql.nodes.artifact import artifact_node, collection_node
from server.graphql.nodes.content_urls import artifact_id, artifact_row_id
from server.graphql.nodes.owner import Node, entity_node, user_node
from server.graphql.nodes.sweep import project_node
from server.graphql.roots.introspection import type_node
from server.graphql.roots.mutations import MUTATIONS
from server.storage.records.artifacts import artifact_by_client_id, artifact_by_id, collection_by_id
from server.storage.records.projects import find_project, list_projects

# Features of W&B's server that this server has too, by the names that clients know.
FEATURES = (
    "LARGE_FILENAMES",
    "CLIENT_IDS",
    "STRUCTURED_CONSOLE_LOGS",
    "TOTAL_COUNT_IN_FILE_CONNECTION",
    "SWEEPS_LOCAL_SCHEDULER",
)


def _viewer(context: Context, _: Arguments) -> Node:
    return user_node(context)


def _project(context: Context, arguments: Arguments) -> Node | None:
    with context.read() as db:
        row = find_project(db, context.entity(arguments.get("entityName")), str(arguments.get("name")))
    return None if row is None else project_node(context, row)


def _models(context: Context, arguments: Arguments) -> Node:
    with context.read() as db:
        rows = list_projects(db, context.entity(arguments.get("entityName")))
    return connection(rows, arguments, lambda row: project_node(context, row), "ProjectConnection")


def _entity(context: Context, arguments: Arguments) -> Node:
    return entity_node(context.entity(arguments.get("name")))


def _server_info(context: Context, _: Arguments) -> Node:
    return {
        "__typename": "ServerInfo",
        "features": [{"name": name, "isEnabled": True} for name in FEATURES],
        "cliVersionInfo": {"max_cli_version": "99.0.0"},
        "latestLocalVersionInfo": None,
    }


def _artifact(context: Context, arguments: Arguments) -> Node | None:
    with context.read() as db:
        row = artifact_by_id(db, artifact_row_id(arguments.get("id")))
    return None if row is None or row["state"] == "DELETED" else artifact_node(context, row)


def _collection(context: Context, arguments: Arguments) -> Node | None:
    with context.read() as db:
        row = collection_by_id(db, row_id("ArtifactCollection", arguments.get("id")))
    return None if row is None else collection_node(context, row)


def _client_id_mapping(context: Context, arguments: Arguments) -> Node | None:
    with context.read() as db:
        row = artifact_by_client_id(db, str(arguments.get("clientID")))
    return None if row is None else {"serverID": artifact_id(row["id"])}


def _type(_: Context, arguments: Arguments) -> Node | None:
    return type_node(str(arguments.get("name")), QUERIES, MUTATIONS)


def _null(_: Context, __: Arguments) -> Any:
    return None


QUERIES: dict[str, Resolver] = {
    "viewer": _viewer,
    "project": _project,
    "model": _project,
    "models": _models,
    "projects": _models,
    "entity": _entity,
    "serverInfo": _server_info,
    "__type": _type,
    "organization": _null,
    "artifact": _artifact,
    "artifactCollection": _collection,
    "clientIDMapping": _client_id_mapping,
}
