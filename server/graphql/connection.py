"""GraphQL connections: pages of a list, with edges, cursors and page information."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def connection(
    items: Sequence[T], arguments: Mapping[str, Any], node: Callable[[T], Any], typename: str | None = None
) -> dict[str, Any]:
    """GraphQL connection with the page of `items` that the arguments `first`, `last` and `after` select.

    Args:
        items: The whole list, in order.
        arguments: The field's arguments.
        node: Returns the GraphQL object of an item.
        typename: GraphQL type of the connection, if clients need it.
    """
    start = int(arguments.get("after") or 0)
    page = items[start:]
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None:
        page = page[: int(first)]
    if last is not None:
        page = page[-int(last) :] if last else []
        start = len(items) - len(page)
    end = start + len(page)
    return {
        "__typename": typename,
        "totalCount": len(items),
        "edges": [
            {"cursor": str(position), "node": node(item)}
            for position, item in enumerate(page, start=start + 1)
        ],
        "pageInfo": {
            "__typename": "PageInfo",
            "endCursor": str(end) if page else None,
            "hasNextPage": end < len(items),
            "hasPreviousPage": start > 0,
            "startCursor": str(start + 1) if page else None,
        },
    }
