"""The warm parent: a process that has imported torch, transformers and TRL, and forks a child for each run.

Importing them in every run takes longer than the training of a run that Hyperband stops early. Each run still
has its own process, so a leak or crash in one run does not affect the next. The warm parent must not start a
thread or use CUDA before a fork, because neither works in the child.
"""

import gc
import os
import selectors
import shutil
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from agent.warm.child import become_run
from agent.warm.wire import Request, receive_request, send_status

_REQUEST_SECONDS = 30
"""Longest time to wait for a client's request after it connected."""


class WarmParent:
    """Accepts requests for runs and forks a child for each, until its agent has ended.

    Args:
        folder: Folder of the socket; removed at the end.
        listener: The listening socket.
        alive: Descriptor that becomes readable (end-of-file) when the agent has ended.
    """

    def __init__(self, folder: Path, listener: socket.socket, alive: int) -> None:
        self._folder = folder
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[int, socket.socket]] = {}
        self._alive = alive

    def serve(self) -> None:
        """Fork runs until the agent has ended. The clients then stop the runs that are in progress."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._alive, selectors.EVENT_READ, None)
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.data is None:
                        return
                    key.data(key.fd)
        finally:
            self._listener.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self, _: int) -> None:
        connection, _address = self._listener.accept()
        connection.settimeout(_REQUEST_SECONDS)
        try:
            request = receive_request(connection)
        except (OSError, ValueError) as error:
            print(f"sweepfarm: the warm parent received no valid request: {error}", file=sys.stderr)
            connection.close()
            return
        connection.settimeout(None)
        pid = self._fork(connection, request)
        for stream in request.streams:
            os.close(stream)
        child = os.pidfd_open(pid)
        self._children[child] = (pid, connection)
        self._selector.register(child, selectors.EVENT_READ, self._reap)

    def _fork(self, connection: socket.socket, request: Request) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        gc.collect()
        gc.freeze()  # otherwise garbage collection in a child would write to, and so copy, every page
        pid = os.fork()
        if pid:
            return pid
        self._close_in_child()
        return become_run(connection, request)

    def _close_in_child(self) -> None:
        """Close, in the child, the descriptors of the parent and of other runs."""
        self._selector.close()
        self._listener.close()
        os.close(self._alive)
        for descriptor, (_, connection) in self._children.items():
            os.close(descriptor)
            connection.close()

    def _reap(self, child: int) -> None:
        pid, connection = self._children.pop(child)
        self._selector.unregister(child)
        os.close(child)
        _, status = os.waitpid(pid, 0)
        with suppress(OSError), connection:  # the client may have ended
            send_status(connection, status)


def main() -> None:
    """Run `python -m agent.warm.parent SOCKET LISTENER ALIVE`; the last two are open descriptors."""
    path, listener, alive = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    # Ctrl-C reaches every process of a terminal. Runs save their state first; the agent's end then ends this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from agent.warm.preload import preload

    preload()
    WarmParent(path.parent, socket.socket(fileno=listener), alive).serve()


if __name__ == "__main__":
    main()
