"""Makes the child processes of a command end with it, even if it is killed."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def ending_with_us() -> Callable[[], None] | None:
    """A `preexec_fn` with which a child gets SIGTERM from the kernel when this process ends.

    None on systems other than Linux: there, a child continues after a command that is killed.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def request_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the request
            os._exit(1)

    return request_signal


def interrupt(*_: object) -> NoReturn:
    """Signal handler that ends the command as Ctrl-C does, so that its agents and server end too."""
    raise KeyboardInterrupt
