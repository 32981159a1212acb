"""From a fork of the warm parent to a run."""

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
"""For a run whose client is gone to save its state, before it is killed."""


def become_run(connection: socket.socket, request: Request) -> NoReturn:
    """Turn this process into the run that a client asked for; ends with the run.

    Args:
        connection: to the client; each byte is a signal, end-of-file means the client died.
        request: what to run.
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
        # Two children of one parent must not draw the same file names or run names.
        random.seed()
        np.random.seed()
        threading.Thread(target=_obey, args=(connection,), daemon=True).start()
        code = _run()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    # The parent's exit handlers are not this process's to run; those of wandb were served by `finish`.
    os._exit(code)


def _run() -> int:
    import torch

    from agent.entrypoint import main

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1))
    return main()


def _obey(connection: socket.socket) -> None:
    """Raise in this process each signal that the client got, and SIGTERM when the client is gone."""
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
