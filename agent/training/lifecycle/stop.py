"""A request to stop a run, made by the server or by a signal."""

import signal
import threading
import time
from typing import Literal

Reason = Literal["stopped early", "preempted"]


class StopRequest:
    """A request to stop, made from any thread or signal handler and read at every training step.

    Attributes:
        reason: Why the run must stop; `None` as long as it need not.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self.reason: Reason | None = None

    def ask(self, reason: Reason) -> None:
        """Request a stop. The reason `stopped early` is kept, because a signal follows an early stop."""
        if self.reason != "stopped early":
            self.reason = reason
        self._event.set()

    def __bool__(self) -> bool:
        """Whether a stop was requested."""
        return self._event.is_set()

    def wait_for_early_stop(self, seconds: float) -> bool:
        """Wait up to `seconds` for an early stop, and return whether the server requested one.

        For an early stop, the agent sends SIGTERM after 5 s, but W&B's client asks the server only every 15
        s. So the signal may arrive before its reason.
        """
        deadline = time.monotonic() + seconds
        while self.reason != "stopped early" and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.reason == "stopped early"

    def install(self) -> None:
        """Make SIGTERM and SIGINT request a stop after the current step; a second signal interrupts the step.

        A shell that starts a job with `&` makes it and its children ignore SIGINT. Installing a handler
        undoes that; otherwise stops that are sent as SIGINT would have no effect.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def _signalled(self, *_: object) -> None:
        if self:
            raise KeyboardInterrupt
        self.ask("preempted")
