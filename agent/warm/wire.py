"""The protocol between a run's client and the warm parent, over a Unix socket.

The client sends one request (a length, then JSON) with its standard streams attached, then one byte for each
signal it receives. The parent answers with the exit status of the run, as from `os.waitpid`. This module uses
only the standard library, so that the client starts fast.
"""

import json
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass

SOCKET_VARIABLE = "SWEEPFARM_WARM_PARENT"
"""Environment variable with the path of the parent's socket."""

_LENGTH = struct.Struct("!I")
_STATUS = struct.Struct("!i")
_STREAMS = (0, 1, 2)
_MAX_REQUEST = 4 << 20
"""Maximum size of a request in bytes."""


@dataclass(frozen=True)
class Request:
    """A request to start a run.

    Attributes:
        environment: Environment variables of the client, through which the run gets its parameters.
        directory: Working directory of the client.
        streams: Descriptors of standard input, output and error, open in the receiving process.
    """

    environment: Mapping[str, str]
    directory: str
    streams: tuple[int, int, int]


def send_request(connection: socket.socket) -> None:
    """Request a run with the environment, working directory and standard streams of this process."""
    body = json.dumps({"environment": dict(os.environ), "directory": os.getcwd()}).encode()
    socket.send_fds(connection, [_LENGTH.pack(len(body))], list(_STREAMS))
    connection.sendall(body)


def receive_request(connection: socket.socket) -> Request:
    """The request that a client sent.

    Raises:
        ConnectionError: If the client closed the connection before its request was complete.
        ValueError: If it is not a valid request.
    """
    head, streams, _, _ = socket.recv_fds(connection, _LENGTH.size, len(_STREAMS))
    if len(head) < _LENGTH.size:
        head += _receive(connection, _LENGTH.size - len(head))
    (length,) = _LENGTH.unpack(head)
    if len(streams) != len(_STREAMS) or length > _MAX_REQUEST:
        raise ValueError(f"not a valid request: {len(streams)} streams, {length} bytes")
    body = json.loads(_receive(connection, length))
    stdin, stdout, stderr = streams
    return Request(body["environment"], body["directory"], (stdin, stdout, stderr))


def send_status(connection: socket.socket, status: int) -> None:
    """Send the client the exit status of its run, as from `os.waitpid`."""
    connection.sendall(_STATUS.pack(status))


def receive_status(connection: socket.socket) -> int:
    """The exit status of the run, as from `os.waitpid`; waits for it.

    Raises:
        ConnectionError: If the parent has ended.
        TimeoutError: If the run does not end within the timeout of the connection.
    """
    (status,) = _STATUS.unpack(_receive(connection, _STATUS.size))
    return int(status)


def _receive(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError("the other side closed the connection")
        parts += part
    return bytes(parts)
