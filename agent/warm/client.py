"""The process that `wandb agent` starts: it has the warm parent fork the run and acts for it. Stdlib only."""

import os
import signal
import socket
import sys
from contextlib import suppress

from agent.warm.wire import SOCKET_VARIABLE, receive_status, send_request

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_GONE = 1
"""Exit code if the agent or the warm parent has ended."""
_POLL_SECONDS = 1.0
_DIED = -1
"""In place of a status of `os.waitpid`: the warm parent has ended."""


def run_in_warm_parent() -> int | None:
    """Train one run in a child of the warm parent and return its exit code.

    Signals are forwarded to the run. If a signal ends the run, the same signal ends this process, so that the
    agent sees the same as if it had started the run itself.

    Returns:
        The exit code; `None` if the environment has no warm parent or it does not answer. The caller must
        then train the run itself.
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
            signal.signal(number, lambda received, _frame: _forward(connection, received))
        connection.settimeout(_POLL_SECONDS)
        agent = os.getppid()
        while (status := _poll(connection)) is None:
            if os.getppid() != agent:
                return _GONE  # closing the connection ends the run
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
    """The run's status as from `os.waitpid`; `None` while it runs; `_DIED` if the warm parent has ended."""
    try:
        return receive_status(connection)
    except TimeoutError:
        return None
    except ConnectionError:
        return _DIED


def _forward(connection: socket.socket, number: int) -> None:
    with suppress(OSError):  # the run has just ended, and its status will arrive
        connection.send(bytes([number]))
