"""The GraphQL fields of the entity, the user, and a project without its contents."""

import sqlite3
from typing import Any

from server.graphql.context import Context

Node = dict[str, Any]


def entity_node(name: str) -> Node:
    """GraphQL entity with this name."""
    return {
        "__typename": "Entity",
        "id": f"Entity:{name}",
        "name": name,
        "available": False,
        "isTeam": False,
        "organization": None,
        "defaultAccess": "PRIVATE",
    }


def project_reference(project: sqlite3.Row) -> Node:
    """GraphQL project without its runs, sweeps and artifacts."""
    return {
        "__typename": "Project",
        "id": f"Project:{project['id']}",
        "internalId": str(project["id"]),
        "name": project["name"],
        "entity": entity_node(project["entity"]),
        "entityName": project["entity"],
    }


def user_node(context: Context) -> Node:
    """GraphQL user; there is only one, the owner of the API key."""
    entity = context.service.settings.entity
    return {
        "__typename": "User",
        "id": "User:1",
        "name": entity,
        "username": entity,
        "email": "",
        "admin": True,
        "flags": "{}",
        "entity": entity,
        "apiKeys": {"edges": []},
        "teams": {"edges": [{"node": {"name": entity}}]},
        "organizations": [],
    }
