"""What a run's client and the warm parent say to each other over a Unix socket.

The client sends one request (a length, then JSON) with its standard streams attached, then one byte per
signal it gets. The parent answers with the exit status of the run, as `os.waitpid` gives it. Standard library
only: the client must start in no time.
"""

import json
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

SOCKET_VARIABLE = "SWEEPFARM_WARM_PARENT"
"""Environment variable that names the parent's socket."""

_LENGTH = struct.Struct("!I")
_STATUS = struct.Struct("!i")
_STREAMS = (0, 1, 2)
_LONGEST_REQUEST = 4 << 20


@dataclass(frozen=True)
class Request:
    """A run to start.

    Attributes:
        environment: of the client; the run's parameters come through it.
        directory: the client's working directory.
        streams: descriptors of standard input, output and error, open in the receiving process.
    """

    environment: Mapping[str, str]
    directory: str
    streams: tuple[int, int, int]


def send_request(connection: socket.socket) -> None:
    """Ask for a run with this process's environment, directory and streams."""
    body = json.dumps({"environment": dict(os.environ), "directory": os.getcwd()}).encode()
    socket.send_fds(connection, [_LENGTH.pack(len(body))], list(_STREAMS))
    connection.sendall(body)


def receive_request(connection: socket.socket) -> Request:
    """Read a request.

    Raises:
        ConnectionError: the client left before its request was whole.
        ValueError: what came is no request.
    """
    head, streams, _, _ = socket.recv_fds(connection, _LENGTH.size, len(_STREAMS))
    if len(head) < _LENGTH.size:
        head += _receive(connection, _LENGTH.size - len(head))
    (length,) = _LENGTH.unpack(head)
    if len(streams) != len(_STREAMS) or length > _LONGEST_REQUEST:
        raise ValueError(f"no request: {len(streams)} streams, {length} bytes")
    body = json.loads(_receive(connection, length))
    stdin, stdout, stderr = streams
    return Request(body["environment"], body["directory"], (stdin, stdout, stderr))


def send_status(connection: socket.socket, status: int) -> None:
    """Tell the client how its run ended: `status` as from `os.waitpid`."""
    connection.sendall(_STATUS.pack(status))


def receive_status(connection: socket.socket) -> int:
    """Wait for the run's end.

    Raises:
        ConnectionError: the parent died.
    """
    (status,) = _STATUS.unpack(_receive(connection, _STATUS.size))
    return int(status)


def _receive(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError("the other side left")
        parts += part
    return bytes(parts)
