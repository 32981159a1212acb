"""Starting and stopping the server process."""

import contextlib
import errno
import fcntl
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import uvicorn

from server.credentials import KEY_FILE
from server.http.app import create_app
from server.service import Service
from server.settings import ServerSettings
from server.storage.atomic import replacing
from server.storage.backup import restore_advice
from server.storage.database import DATABASE, DamagedError, DatabaseError

URL_FILE = "url"


class StartupError(Exception):
    """The server cannot start; the message is one line that says what to do."""


def serve(settings: ServerSettings, announce: Callable[[str], object] = print) -> None:
    """Serve until the process is interrupted or terminated.

    When the server is ready, it writes its address to the file `url` in the data folder and announces it.

    Args:
        settings: The settings of the server.
        announce: Called once, with the line that says that the server is ready.

    Raises:
        StartupError: If the port is taken or the data folder cannot be used.
    """
    listener = _listen(settings.host, settings.port)
    try:
        lock = _lock(settings.data)
        service = _open(settings)
    except StartupError:
        listener.close()
        raise
    url_file = settings.data / URL_FILE
    url = f"http://{_reachable(settings.host)}:{listener.getsockname()[1]}"
    try:
        config = uvicorn.Config(
            create_app(service), log_level="warning", access_log=False, timeout_graceful_shutdown=5
        )
        listener.listen(1024)
        # uvicorn raises the signal again after its shutdown; as an exception, it lets the cleanup below run.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with contextlib.suppress(KeyboardInterrupt):
            # The socket accepts connections already; uvicorn answers them as soon as it runs.
            with replacing(url_file) as part:
                part.write_text(url + "\n", encoding="ascii")
            announce(f"sweepfarm server ready at {url} (API key in {settings.data / KEY_FILE})")
            uvicorn.Server(config).run(sockets=[listener])
    finally:
        url_file.unlink(missing_ok=True)
        lock.close()


def _reachable(host: str) -> str:
    """Host part of the server's URL for clients on this machine."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol is named; else parts of an answer arrive 40 ms apart.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise StartupError(
                f"port {port} on {host} is taken; stop the other program, or choose another with --port"
                " (0 picks a free one)"
            ) from error
        raise StartupError(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    return listener


def _lock(data: Path) -> IO[str]:
    """Lock the data folder against a second server, until the returned file is closed."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data / "lock").open("w", encoding="ascii")
    except OSError as error:
        raise StartupError(_unusable(data, error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StartupError(f"another server already uses {data}; stop it or choose another --data") from error
    return lock


def _open(settings: ServerSettings) -> Service:
    try:
        _check_space(settings.data)
        return Service(settings)
    except DamagedError as error:
        advice = restore_advice(settings.data, settings.data / DATABASE)
        raise StartupError(f"{error}; {advice}") from error
    except DatabaseError as error:
        raise StartupError(str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise StartupError(_unusable(settings.data, error)) from error


def _check_space(data: Path) -> None:
    """Write and delete 1 MiB, to notice a full disk at the start and not during a run."""
    probe = data / "probe"
    try:
        with probe.open("wb") as file:
            file.write(bytes(1 << 20))
            file.flush()
            os.fsync(file.fileno())
    finally:
        probe.unlink(missing_ok=True)


def _unusable(data: Path, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"no space left for {data}; delete files, or choose another folder with --data"
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot use the data folder {data}: {reason}; choose another with --data"
