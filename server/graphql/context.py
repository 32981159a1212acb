"""The context that every resolver receives, and conversions that resolvers share."""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from server.credentials import basic_credentials
from server.graphql.execute import QueryError
from server.service import Service


@dataclass(frozen=True)
class Context:
    """The context of one request.

    Attributes:
        service: The parts of the server.
        base_url: URL of this server as the client addressed it, without a trailing slash.
    """

    service: Service
    base_url: str

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """Context manager of this thread's read-only connection."""
        return self.service.database.read()

    def entity(self, name: Any) -> str:
        """`name`, or the default entity if it is empty."""
        return str(name or self.service.settings.entity)

    def upload_headers(self) -> list[str]:
        """Headers that a client must send with an upload."""
        return [f"Authorization:{basic_credentials(self.service.key)}"]


def timestamp(seconds: float | None) -> str | None:
    """Time for clients, such as `2024-05-01T12:00:00Z`, from seconds since the epoch; None for None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def row_id(kind: str, identifier: Any) -> int:
    """Row id in an identifier such as `Run:12`.

    Raises:
        QueryError: If it is not an identifier of this kind.
    """
    prefix, _, number = str(identifier).partition(":")
    if prefix != kind or not number.isdigit():
        raise QueryError(f"not the id of a {kind.lower()}: {identifier!r}")
    return int(number)
