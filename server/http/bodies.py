"""Bodies: the JSON of requests, with a size limit, and the headers of downloaded files."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from server.storage.blobs import TooLargeError

T = TypeVar("T")

UNTRUSTED_CONTENT = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
"""Headers for uploaded files, so that an HTML file cannot run scripts in the name of this server."""


class BadRequestError(ValueError):
    """A request has the wrong form; the message says why."""


@cache
def _parsers() -> CapacityLimiter:
    """Limit of two threads, so that many large requests leave processor time for small ones."""
    return CapacityLimiter(2)


async def parse_in_thread(parse: Callable[..., T], *arguments: Any) -> T:
    """Result of `parse(*arguments)`, called in one of the two threads for large requests."""
    return await to_thread.run_sync(parse, *arguments, limiter=_parsers())


async def json_body(request: Request) -> dict[str, Any]:
    """JSON object in the body of a request.

    Raises:
        TooLargeError: If the body is larger than the limit.
        BadRequestError: If the body is not a JSON object.
    """
    limit = request.app.state.service.settings.max_body
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise TooLargeError(f"request larger than {limit} bytes")
        pieces.append(piece)
    try:
        body = await parse_in_thread(json.loads, b"".join(pieces) or b"{}")
    except ValueError as error:
        raise BadRequestError(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequestError("not a JSON object")
    return body
