"""The folder for what is built once per machine and read by every run."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """Path of the cache folder: `$SWEEPFARM_CACHE` if set, else `~/.cache/sweepfarm`. Created if missing."""
    path = Path(os.environ.get("SWEEPFARM_CACHE") or Path.home() / ".cache" / "sweepfarm")
    path.mkdir(parents=True, exist_ok=True)
    return path
