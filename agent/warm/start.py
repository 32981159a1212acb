"""Starting a warm parent beside an agent."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from agent.warm.wire import SOCKET_VARIABLE


def start_warm_parent(environment: Mapping[str, str]) -> dict[str, str]:
    """Start a warm parent that lives as long as this process, or the program it becomes by `exec`.

    Args:
        environment: of the parent, which is that of its runs.

    Returns:
        The environment with the variable by which runs find the parent. The socket lies in a folder that only
        this user can enter; the parent removes it.
    """
    path = Path(tempfile.mkdtemp(prefix="sweepfarm-warm-")) / "socket"
    # The parent reads end-of-file as soon as the last holder of the other end, this process, is gone.
    alive, held = os.pipe()
    os.set_inheritable(held, True)
    # Listening comes before importing: a run that starts early waits in the queue.
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
