"""The API key: made at first start, readable by its owner only, required on every route."""

import base64
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY_FILE = "api_key"
# Clients refuse shorter keys.
KEY_LENGTH = 40


def ensure_api_key(data: Path) -> str:
    """Return the key in `data/api_key`, made (64 random hex digits, mode 0600) if it does not exist."""
    path = data / KEY_FILE
    try:
        # O_EXCL and the mode at creation: nobody else can have written it or read it in between.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return _read_key(path)


def _read_key(path: Path) -> str:
    key = path.read_text(encoding="ascii").strip()
    if len(key) < KEY_LENGTH:
        raise OSError(f"the API key in {path} is shorter than {KEY_LENGTH} characters; remove the file")
    return key


def basic_credentials(key: str) -> str:
    """Return the value of the Authorization header that the client sends for a key."""
    return "Basic " + base64.b64encode(f"api:{key}".encode()).decode()


def carries_key(authorization: str, key: str) -> bool:
    """Whether an Authorization header holds the key, as Basic password (any user name) or Bearer token."""
    scheme, _, credentials = authorization.partition(" ")
    given = credentials.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    return hmac.compare_digest(given.encode(), key.encode())


def sign(key: str, path: str, expires: int) -> str:
    """Return the signature with which a path may be read without the key until `expires` (epoch seconds)."""
    return hmac.new(key.encode(), f"GET {path} {expires}".encode(), hashlib.sha256).hexdigest()


def carries_signature(path: str, query: str, key: str) -> bool:
    """Whether a request's query string holds a signature for its path that has not expired."""
    values = dict(parse_qsl(query))
    expires = values.get("expires", "")
    if not expires.isascii() or not expires.isdigit() or int(expires) < time.time():
        return False
    return hmac.compare_digest(values.get("signature", "").encode(), sign(key, path, int(expires)).encode())


def _is_own_preflight(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether a request only asks, as browsers do, if a page of this server may send another one."""
    own = scope.get("scheme", "http").encode() + b"://" + headers.get(b"host", b"")
    return (
        scope.get("method") == "OPTIONS"
        and b"access-control-request-method" in headers
        and headers.get(b"origin") == own
    )


def _allowed(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-methods", b"GET, PUT"),
        (b"vary", b"Origin"),
    ]


class RequireKey:
    """ASGI middleware that answers 401 to every request without the key.

    Clients fetch an artifact's contents from addresses that they were given, without the key; those
    addresses carry a signature made with it. What browsers (and `wandb verify`) ask before a request of a
    page is answered for this server's own pages only, which may send it anyway.
    """

    def __init__(self, app: App, key: str) -> None:
        """Guard `app` with `key`."""
        self.app = app
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it carries the key."""
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
        # Browsers add the key to requests that other sites make; those must not change anything.
        foreign = headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site")
        allowed = not foreign or scope.get("method") == "GET"
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
