"""How processes of a command end: its children end with it, even if it is killed."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def ending_with_us() -> Callable[[], None] | None:
    """A `preexec_fn` for a child to which the kernel sends SIGTERM when this process ends.

    Returns None on systems other than Linux, which cannot do this: a child then outlives a command that is
    killed.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # gone before it was asked
            os._exit(1)

    return ask


def interrupt(*_: object) -> NoReturn:
    """A signal handler that ends the command as Ctrl-C does, so that no agent or server is left behind."""
    raise KeyboardInterrupt
