"""The process that `wandb agent` sees: has the warm parent fork the run, and stands for it. Stdlib only."""

import os
import signal
import socket
import sys
from contextlib import suppress

from agent.warm.wire import SOCKET_VARIABLE, receive_status, send_request

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GONE = 1
"""Exit code where there is nobody left to report to, or nothing to report."""
_POLL_SECONDS = 1.0
_DIED = -1
"""No status of `os.waitpid`: the warm parent is gone."""


def run_in_warm_parent() -> int | None:
    """Run one run in a child of the warm parent and return its exit code.

    Signals go on to the run. A run that a signal ended ends this process by the same signal, so that an agent
    sees what it would have seen of the run itself.

    Returns:
        `None` where the environment names no warm parent, or it is gone: the caller starts the run by itself.
    """
    path = os.environ.get(SOCKET_VARIABLE)
    if not path:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
            send_request(connection)
        except OSError as error:
            print(
                f"sweepfarm: the warm parent does not answer ({error}); starting without it", file=sys.stderr
            )
            return None
        for number in _FORWARDED:
            signal.signal(number, lambda got, _frame: _forward(connection, got))
        connection.settimeout(_POLL_SECONDS)
        agent = os.getppid()
        while (status := _poll(connection)) is None:
            if os.getppid() != agent:
                return _GONE  # the connection closes, and with it the run ends
        if status == _DIED:
            print("sweepfarm: the warm parent died", file=sys.stderr)
            return _GONE
    if os.WIFSIGNALED(status):
        ended_by = os.WTERMSIG(status)
        with suppress(OSError):  # SIGKILL has no handler to reset
            signal.signal(ended_by, signal.SIG_DFL)
        os.kill(os.getpid(), ended_by)
    return os.waitstatus_to_exitcode(status)


def _poll(connection: socket.socket) -> int | None:
    """The run's status; `None` while it is under way."""
    try:
        return receive_status(connection)
    except TimeoutError:
        return None
    except ConnectionError:
        return _DIED


def _forward(connection: socket.socket, number: int) -> None:
    with suppress(OSError):  # the run has just ended: its status is on the way
        connection.send(bytes([number]))
