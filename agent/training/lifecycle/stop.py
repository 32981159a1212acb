"""Requests to stop a run, from the server or from the machine."""

import signal
import threading
import time
from typing import Literal

Reason = Literal["stopped early", "preempted"]


class StopRequest:
    """Set once, from any thread or signal; read by the training loop at every step."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason: Reason | None = None

    def ask(self, reason: Reason) -> None:
        """Ask the run to stop; an early stop by the server outranks the signal that follows it."""
        if self.reason != "stopped early":
            self.reason = reason
        self._event.set()

    def __bool__(self) -> bool:
        """Whether the run should stop."""
        return self._event.is_set()

    def wait_for_early_stop(self, seconds: float) -> bool:
        """Whether the server turns out to have asked for the stop that a signal brought first.

        The client learns of an early stop only by asking every 15 s, while its agent's SIGTERM takes 5.
        """
        deadline = time.monotonic() + seconds
        while self.reason != "stopped early" and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.reason == "stopped early"

    def install(self) -> None:
        """Turn SIGTERM and SIGINT into a request, so that a run ends at a step and not inside one.

        A second one interrupts at once.

        A shell that starts a job with `&` leaves SIGINT ignored, and its children inherit that; installing a
        handler undoes it, else stops that come as SIGINT would never arrive.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def _signalled(self, *_: object) -> None:
        if self:
            raise KeyboardInterrupt
        self.ask("preempted")
