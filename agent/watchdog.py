"""Threads that end a run whose step hangs or whose agent has died."""

import os
import threading
import time
from collections.abc import Callable

_CHECKS_PER_LIMIT = 20
_POLL_SECONDS = 1.0


class Watchdog:
    """Calls a function once, from a thread, if no beat comes for too long.

    Without it, a deadlocked step would keep its agent busy for ever.

    Args:
        limit: Longest time between two beats, in seconds.
        act: Called with the seconds since the last beat. It runs beside the thread that hangs, and should end
            the process.
    """

    def __init__(self, limit: float, act: Callable[[float], None]) -> None:
        self._limit = limit
        self._act = act
        self._last = time.monotonic()
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def beat(self) -> None:
        """Record that a step has finished."""
        self._last = time.monotonic()

    def stop(self) -> None:
        """Stop watching: no more beats will come."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(self._limit / _CHECKS_PER_LIMIT):
            silence = time.monotonic() - self._last
            if silence > self._limit:
                self._act(silence)
                return


def when_orphaned(act: Callable[[], None]) -> None:
    """Call `act` once, from a thread, when the parent process has ended.

    A killed agent cannot tell its run to stop, and a run without an agent would hold its GPU for hours. The
    kernel gives an orphaned process another parent; this function watches for that.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL_SECONDS)
        act()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
