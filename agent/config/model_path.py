"""Checks the folder that `model` names."""

from pathlib import Path


def missing_folder(model: str) -> str | None:
    """The error if `model` is written as a path and there is no such folder; None otherwise."""
    if not model.startswith((".", "/", "~")) or Path(model).exists():
        return None
    return f"`model` = {model!r}: no such folder; use an existing folder, a Hub id, or `starter`"
