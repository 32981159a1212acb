"""What every kind of object shares: the entity and the user behind the key."""

from typing import Any

from server.graphql.context import Context

Node = dict[str, Any]


def entity_node(name: str) -> Node:
    """Return an entity; it belongs to no organisation."""
    return {
        "__typename": "Entity",
        "id": f"Entity:{name}",
        "name": name,
        "available": False,
        "isTeam": False,
        "organization": None,
        "defaultAccess": "PRIVATE",
    }


def user_node(context: Context) -> Node:
    """Return the one user that the key stands for."""
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
