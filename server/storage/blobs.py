"""The contents of uploaded files, in a folder beside the database."""

import base64
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from server.storage.atomic import replacing


class TooLargeError(ValueError):
    """A file or a request is larger than the server accepts."""


@dataclass(frozen=True)
class StoredBlob:
    """A file on disk.

    Attributes:
        blob: Path relative to the store's folder.
        size: Size in bytes.
        md5: MD5 digest in base64, as clients expect it.
    """

    blob: str
    size: int
    md5: str

    @property
    def md5_hex(self) -> str:
        """MD5 digest as 32 hex digits."""
        return base64.b64decode(self.md5).hex()


class BlobStore:
    """A folder of files with random names."""

    def __init__(self, root: Path, limit: int) -> None:
        """Use the folder `root` for files of at most `limit` bytes; it is created if it does not exist."""
        self.root = root
        self.limit = limit
        self.root.mkdir(parents=True, exist_ok=True)

    def path(self, blob: str) -> Path:
        """Path of a blob on disk."""
        return self.root / blob

    async def receive(self, owner: str, content: AsyncIterator[bytes]) -> StoredBlob:
        """Write a blob to disk, sync it, and return its record.

        Args:
            owner: Name of the subfolder; must not come from a client.
            content: The bytes, in pieces.

        Raises:
            TooLargeError: If the content is larger than the limit.
        """
        blob = f"{owner}/{secrets.token_hex(16)}"
        target = self.path(blob)
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        with replacing(target) as part, part.open("wb") as file:
            async for piece in content:
                size += len(piece)
                if size > self.limit:
                    raise TooLargeError(f"larger than {self.limit} bytes")
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return StoredBlob(blob, size, base64.b64encode(digest.digest()).decode())

    def remove(self, blobs: Iterable[str]) -> None:
        """Delete blobs; those that do not exist are ignored."""
        for blob in blobs:
            self.path(blob).unlink(missing_ok=True)
