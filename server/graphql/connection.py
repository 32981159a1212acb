"""Pages of a list in the shape that clients page through: edges with cursors, and page information."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


def connection(
    items: Sequence[T], arguments: Mapping[str, Any], node: Callable[[T], Any], typename: str | None = None
) -> dict[str, Any]:
    """Return the page of `items` that `first`, `last`, `after` ask for.

    Args:
        items: The whole list, in order.
        arguments: The field's arguments.
        node: Turns an item into the object of its edge.
        typename: The connection's GraphQL type, where clients ask for it.
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
