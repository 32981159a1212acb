"""Atomic writing of files."""

import os
from collections.abc import Callable
from pathlib import Path


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Lets `write` fill a temporary file in the folder of `path`, then renames it to `path`.

    A reader sees the old file or the new one, never a part. If `write` fails, `path` is unchanged and the
    temporary file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Writes a text file in UTF-8; see `replace_file`."""
    replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
