"""Writes files and folders so that a reader sees either the old content or the new, never a part of it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield an unused path; the file or folder that the block writes there then replaces `path`.

    If the block raises an error, `path` is unchanged and what the block wrote is deleted.

    Raises:
        OSError: If `path` cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield scratch / path.name
        if path.is_dir():
            path.rename(scratch / "old")
        os.replace(scratch / path.name, path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, completely or not at all.

    Raises:
        OSError: If `path` cannot be written.
    """
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
