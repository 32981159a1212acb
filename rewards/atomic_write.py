"""Writes files and folders so that a reader sees the old content or the new, never a part."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield an unused path beside `path`; what the block writes there then takes the place of `path`.

    The block may write a file or a folder. If it raises, `path` stays as it was and nothing else is left.

    Raises:
        OSError: If the place cannot be written.
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
    """Write a UTF-8 text file, whole or not at all.

    Raises:
        OSError: If the place cannot be written.
    """
    with replacing(path) as scratch:
        scratch.write_text(text, encoding="utf-8")
