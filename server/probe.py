"""`python -m server.probe DATA`: does the server of a data folder answer? Standard library only."""

import sys
import urllib.request
from pathlib import Path

from server.http.auth import KEY_FILE, basic_credentials

TIMEOUT = 5.0
"""Seconds after which no answer counts as none."""


def why_unhealthy(data: Path) -> str | None:
    """Ask the server for its page; returns what is wrong, or `None` where all is well."""
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
