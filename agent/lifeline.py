"""Ends a run whose agent died: a trainer that nobody reads would hold its GPU for hours."""

import os
import threading
import time
from collections.abc import Callable

_POLL_SECONDS = 1.0


def when_orphaned(act: Callable[[], None]) -> None:
    """Call `act` once, from a thread, when the process that started this one is gone.

    A killed agent cannot tell its run; the kernel gives the run another parent, and that is seen here.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        act()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
