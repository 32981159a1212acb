"""Identifiers of artifacts, and digests and URLs of their contents, as clients expect them."""

import base64
import time
from typing import Any
from urllib.parse import quote

from server.credentials import sign
from server.graphql.context import Context
from server.graphql.execute import QueryError

URL_LIFETIME = 24 * 3600
"""Seconds until a download URL expires."""


def artifact_id(number: int) -> str:
    """Identifier of an artifact, in base64 as clients expect it."""
    return base64.b64encode(f"Artifact:{number}".encode()).decode()


def artifact_row_id(identifier: Any) -> int:
    """Row id in an artifact's identifier.

    Raises:
        QueryError: If it is not the identifier of an artifact.
    """
    try:
        kind, _, number = base64.b64decode(str(identifier), validate=True).decode().partition(":")
    except ValueError:
        kind, number = "", ""
    if kind != "Artifact" or not number.isdigit():
        raise QueryError(f"not the id of an artifact: {identifier!r}")
    return int(number)


def hex_digest(digest: str) -> str:
    """MD5 digest in 32 hex digits, from base64.

    Raises:
        QueryError: If `digest` is not an MD5 digest in base64.
    """
    try:
        raw = base64.b64decode(digest, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 16:
        raise QueryError(f"not an MD5 digest in base64: {digest!r}")
    return raw.hex()


def content_path(context: Context, digest: str) -> str:
    """Path of the URL of the content with this digest (hex)."""
    return f"/artifacts/{quote(context.service.settings.entity, safe='')}/{digest}"


def download_url(context: Context, digest: str) -> str:
    """URL of the content with this digest (hex); until it expires, no key is needed to download from it."""
    path = content_path(context, digest)
    expires = int(time.time()) + URL_LIFETIME
    return f"{context.base_url}{path}?expires={expires}&signature={sign(context.service.key, path, expires)}"
