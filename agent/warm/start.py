"""Starts the warm parent of an agent."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from agent.warm.wire import SOCKET_VARIABLE


def start_warm_parent(environment: Mapping[str, str]) -> dict[str, str]:
    """Start a warm parent that ends with this process, even if that becomes another program by `exec`.

    The socket is in a folder that only this user can enter; the parent removes it.

    Args:
        environment: Environment variables of the parent.

    Returns:
        `environment` and the variable with which runs find the parent.
    """
    path = Path(tempfile.mkdtemp(prefix="sweepfarm-warm-")) / "socket"
    # Only this process has the write end: the parent reads end-of-file when this process ends.
    alive, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    # The socket listens before the parent imports anything: a run that starts early waits in the queue.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(64)
        subprocess.Popen(
            [sys.executable, "-m", "agent.warm.parent", str(path), str(listener.fileno()), str(alive)],
            env=dict(environment),
            pass_fds=[listener.fileno(), alive],
            stdin=subprocess.DEVNULL,
        )
    os.close(alive)
    return {**environment, SOCKET_VARIABLE: str(path)}
