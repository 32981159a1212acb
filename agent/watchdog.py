"""Gives up a run that hangs: a deadlocked step would otherwise keep its agent for ever."""

import threading
import time
from collections.abc import Callable

_CHECKS_PER_LIMIT = 20


class Watchdog:
    """Calls `act` once, from a thread, when no beat has come for `limit` seconds.

    Args:
        limit: seconds between two beats that are too long.
        act: told how long the silence has been; runs beside the hung thread, and should end the process.
    """

    def __init__(self, limit: float, act: Callable[[float], None]) -> None:
        self._limit = limit
        self._act = act
        self._last = time.monotonic()
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def beat(self) -> None:
        """A step has finished."""
        self._last = time.monotonic()

    def stop(self) -> None:
        """Nothing more is expected."""
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(self._limit / _CHECKS_PER_LIMIT):
            silence = time.monotonic() - self._last
            if silence > self._limit:
                self._act(silence)
                return
