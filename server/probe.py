"""Health check: `python -m server.probe DATA` exits with 0 if the server of that data folder answers."""

import sys
import urllib.request
from pathlib import Path

from server.credentials import KEY_FILE, basic_credentials

TIMEOUT = 5.0
"""Seconds to wait for the answer."""


def why_unhealthy(data: Path) -> str | None:
    """Reason why the server of a data folder does not answer, in one line; None if it answers."""
    try:
        url = (data / "url").read_text(encoding="ascii").strip()
        key = (data / KEY_FILE).read_text(encoding="ascii").strip()
        request = urllib.request.Request(url, headers={"Authorization": basic_credentials(key)})
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            return None
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(why_unhealthy(Path(sys.argv[1])))
