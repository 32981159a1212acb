"""The middleware that requires the API key on every route."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from server.credentials import carries_key, carries_signature

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def _is_own_preflight(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether a request is a preflight request for a page of this server."""
    own_origin = scope.get("scheme", "http").encode() + b"://" + headers.get(b"host", b"")
    return (
        scope.get("method") == "OPTIONS"
        and b"access-control-request-method" in headers
        and headers.get(b"origin") == own_origin
    )


def _allowed(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", b"GET, PUT"),
        (b"vary", b"Origin"),
    ]


class RequireKey:
    """ASGI middleware that answers 401 to every request without the key, on every route.

    There are two exceptions. The contents of artifacts can be downloaded from URLs that have a signature made
    with the key. Preflight requests (of browsers and of `wandb verify`) are answered for pages of this server
    only, which may send the request itself anyway.
    """

    def __init__(self, app: App, key: str) -> None:
        """Pass requests with `key` on to `app`."""
        self.app = app
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it has the key, else answer it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = dict(scope.get("headers") or [])
        if _is_own_preflight(scope, headers):
            await send(
                {"type": "http.response.start", "status": 204, "headers": _allowed(headers[b"origin"])}
            )
            await send({"type": "http.response.body", "body": b""})
            return
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        # Browsers add the key to requests that other sites make, too; these must not change anything.
        other_site = headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site")
        allowed = not other_site or scope.get("method") == "GET"
        signed = scope.get("method") == "GET" and carries_signature(
            scope.get("path", ""), scope.get("query_string", b"").decode("latin-1"), self.key
        )
        if scope["type"] == "http" and (signed or (allowed and carries_key(authorization, self.key))):
            await self.app(scope, receive, send)
            return
        body = b'{"error": "an API key is required: user name api, password the key in the data folder"}'
        await send(
            {
                "type": "http.response.start",
                "status": 401,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"www-authenticate", b'Basic realm="sweepfarm", charset="UTF-8"'),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})
