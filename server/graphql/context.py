"""What every resolver is given, and the small conversions that all of them share."""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from server.graphql.execute import QueryError
from server.service import Service


@dataclass(frozen=True)
class Context:
    """One request.

    Attributes:
        service: The server's parts.
        base_url: How the client reaches this server, without a trailing slash.
    """

    service: Service
    base_url: str

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return the reading connection."""
        return self.service.database.read()

    def entity(self, given: Any) -> str:
        """Return the entity a client named, or the default one."""
        return str(given or self.service.settings.entity)


def timestamp(seconds: float | None) -> str | None:
    """Return seconds since the epoch in the form clients parse."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def row_id(kind: str, identifier: Any) -> int:
    """Return the row number in an identifier such as `Run:12`.

    Raises:
        QueryError: If it identifies something else.
    """
    prefix, _, number = str(identifier).partition(":")
    if prefix != kind or not number.isdigit():
        raise QueryError(f"not the id of a {kind.lower()}: {identifier!r}")
    return int(number)
