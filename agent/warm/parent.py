"""The warm parent: a process that has imported torch, transformers and TRL, and forks a child for each run.

Importing them again for every run costs more than a run that Hyperband stops trains. Each run still has a
process of its own: what one leaks, corrupts or crashes does not reach the next. Nothing here may start a
thread or touch CUDA before a fork, since neither survives it.
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


class WarmParent:
    """Accepts requests for runs and forks a child for each, until its agent is gone.

    Args:
        folder: of the socket; removed at the end.
        listener: the socket.
        alive: descriptor that reads end-of-file when the agent is gone.
    """

    def __init__(self, folder: Path, listener: socket.socket, alive: int) -> None:
        self._folder = folder
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, tuple[int, socket.socket]] = {}
        self._alive = alive

    def serve(self) -> None:
        """Fork runs until the agent is gone; what is then under way is told to stop by its client."""
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
            print(f"sweepfarm: the warm parent was sent no request: {error}", file=sys.stderr)
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
        gc.freeze()  # the collector of a child would otherwise touch, and so copy, every page
        pid = os.fork()
        if pid:
            return pid
        self._leave_to_child()
        return become_run(connection, request)

    def _leave_to_child(self) -> None:
        """Close in the child what belongs to the parent and to other runs."""
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
        with suppress(OSError), connection:  # the client may be gone
            send_status(connection, status)


def main() -> None:
    """`python -m agent.warm.parent SOCKET LISTENER ALIVE`, the last two as open descriptors."""
    path, listener, alive = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    # Ctrl-C goes to a whole terminal; the runs save their state first, and the agent's end is this one's.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from agent.warm.preload import preload

    preload()
    WarmParent(path.parent, socket.socket(fileno=listener), alive).serve()


if __name__ == "__main__":
    main()
