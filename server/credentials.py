"""The API key, and how requests show that they have it: Basic, Bearer, or a signed URL."""

import base64
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path
from urllib.parse import parse_qsl

KEY_FILE = "api_key"
KEY_LENGTH = 40
"""Smallest number of characters of a key; clients reject shorter ones."""


def ensure_api_key(data: Path) -> str:
    """API key in `data/api_key`, created (64 random hex digits, mode 0600) if the file does not exist.

    Raises:
        OSError: If the file cannot be created or read, or its key is too short.
    """
    path = data / KEY_FILE
    try:
        # O_EXCL and the mode at creation leave no moment at which others can read or replace the file.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return _read_key(path)


def _read_key(path: Path) -> str:
    key = path.read_text(encoding="ascii").strip()
    if len(key) < KEY_LENGTH:
        raise OSError(
            f"the API key in {path} is shorter than {KEY_LENGTH} characters; delete the file to get a new key"
        )
    return key


def basic_credentials(key: str) -> str:
    """Value of the Authorization header that clients send with this key."""
    return "Basic " + base64.b64encode(f"api:{key}".encode()).decode()


def carries_key(authorization: str, key: str) -> bool:
    """Whether an Authorization header holds the key, as Basic password (any user name) or as Bearer token."""
    scheme, _, credentials = authorization.partition(" ")
    secret = credentials.strip()
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[2]
        except ValueError:
            secret = ""
    elif scheme.lower() != "bearer":
        secret = ""
    return hmac.compare_digest(secret.encode(), key.encode())


def sign(key: str, path: str, expires: int) -> str:
    """Signature that allows a GET of `path` without the key; 64 hex digits.

    Args:
        key: The API key.
        path: Path of the URL.
        expires: End of the permission, in seconds since the epoch.
    """
    return hmac.new(key.encode(), f"GET {path} {expires}".encode(), hashlib.sha256).hexdigest()


def carries_signature(path: str, query: str, key: str) -> bool:
    """Whether a query string holds a valid signature of the request's path that has not expired."""
    parameters = dict(parse_qsl(query))
    expires = parameters.get("expires", "")
    if not expires.isascii() or not expires.isdigit() or int(expires) < time.time():
        return False
    return hmac.compare_digest(
        parameters.get("signature", "").encode(), sign(key, path, int(expires)).encode()
    )
