"""Turns a forked child of the warm parent into a run."""

import os
import random
import signal
import socket
import sys
import threading
import time
import traceback
from typing import NoReturn

import numpy as np

from agent.warm.wire import Request

_GRACE_SECONDS = 60
"""Seconds that a run whose client has ended has to save its state before it is killed."""


def become_run(connection: socket.socket, request: Request) -> NoReturn:
    """Turn this process into the run that a client requested. The process exits when the run ends.

    Args:
        connection: To the client. Each byte is the number of a signal; end-of-file means that the client has
            ended.
        request: The run to start.
    """
    code = 1
    try:
        os.setpgid(0, 0)
        for target, stream in enumerate(request.streams):
            os.dup2(stream, target)
            os.close(stream)
        os.environ.clear()
        os.environ.update(request.environment)
        os.chdir(request.directory)
        for stream_object in (sys.stdout, sys.stderr):
            stream_object.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # Otherwise two children of one parent would draw the same names for files and runs.
        random.seed()
        np.random.seed()
        threading.Thread(target=_obey, args=(connection,), daemon=True).start()
        code = _run()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    # `os._exit` skips the exit handlers inherited from the parent. wandb needs none after `finish`.
    os._exit(code)


def _run() -> int:
    import torch

    from agent.entrypoint import main

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    return main()


def _obey(connection: socket.socket) -> None:
    """Send this process each signal that the client received, and SIGTERM when the client has ended."""
    while True:
        try:
            received = connection.recv(1)
        except OSError:
            received = b""
        if not received:
            break
        os.kill(os.getpid(), received[0])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
