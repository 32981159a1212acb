"""Children that end with the command that started them, even where it was killed and could not tell them."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def ending_with_us() -> Callable[[], None] | None:
    """For `preexec_fn`: has the kernel send SIGTERM to the child when this process is gone.

    None where the kernel cannot (only Linux can); the child then outlives a command that is killed.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # gone before it was asked
            os._exit(1)

    return ask
