"""Where this machine keeps what is built once and read by every run."""

import os
from pathlib import Path


def cache_dir() -> Path:
    """The cache folder: `$SWEEPFARM_CACHE` where set, else `~/.cache/sweepfarm`. Made if missing."""
    path = Path(os.environ.get("SWEEPFARM_CACHE") or Path.home() / ".cache" / "sweepfarm")
    path.mkdir(parents=True, exist_ok=True)
    return path
