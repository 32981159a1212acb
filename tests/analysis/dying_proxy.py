"""A TCP proxy that imitates a dying server: after a number of bytes it closes everything."""

import socket
import threading
from contextlib import suppress


class DyingProxy:
    """Forwards to a local port until it has returned `alive_bytes` bytes, then closes for good."""

    def __init__(self, port: int, alive_bytes: int) -> None:
        self._target = port
        self._left = alive_bytes
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    self._left -= len(data)
                    if self._left < 0:
                        self.close()
                        return
                sink.sendall(data)

    def close(self) -> None:
        """Close all connections and accept no new one."""
        for one in [self._listener, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
