"""The embedded server as a child process of a command."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sweepfarm.errors import UserError
from sweepfarm.machine.endpoint import reachable_server
from sweepfarm.machine.processes import ending_with_us

_STOP_GRACE = 60
"""Seconds that a run has to end by itself after an early stop: its client asks for stops only every 15 s."""
_START_SECONDS = 60.0
"""Maximum time until the server is ready."""


@dataclass(frozen=True)
class Endpoint:
    """A server that speaks the W&B protocol.

    Attributes:
        url: Base URL.
        environment: Variables that a W&B client needs to find the server and to log in.
    """

    url: str
    environment: dict[str, str]


@contextmanager
def local_server(data: Path, port: int, seed: int) -> Iterator[Endpoint]:
    """Run the embedded server on loopback for the duration of the block.

    Args:
        data: Data folder of the server.
        port: Port to listen on; 0 for any free one.
        seed: Seed of the server's searches.

    Raises:
        UserError: If the server does not start. The message is the last line of its log.
    """
    data.mkdir(parents=True, exist_ok=True)
    ready = data / "url"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sweepfarm", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--data", str(data), "--seed", str(seed), "--stop-grace", str(_STOP_GRACE)]
    with (data / "server.log").open("wb") as log:
        # In a session of its own, Ctrl-C does not reach the server: the command stops the agents first.
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=ending_with_us(),
        )
    try:
        _wait_until_ready(process, ready, data / "server.log")
        key = (data / "api_key").read_text().strip()
        url = ready.read_text().strip()
        yield Endpoint(url, {"WANDB_BASE_URL": url, "WANDB_API_KEY": key, "WANDB_ERROR_REPORTING": "false"})
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def outer_server() -> Endpoint | None:
    """The server that `WANDB_BASE_URL` names (W&B by default); None if `WANDB_API_KEY` is not set.

    Raises:
        UserError: If the server does not answer.
    """
    if not os.environ.get("WANDB_API_KEY"):
        return None
    return Endpoint(reachable_server(os.environ), {})


def _wait_until_ready(process: subprocess.Popen[bytes], ready: Path, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (ready.exists() and ready.read_text().strip()):
        if process.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it printed nothing"]
            raise UserError(f"the embedded server did not start: {lines[-1]}")
        if time.monotonic() > deadline:
            raise UserError(f"the embedded server was not ready after {_START_SECONDS:.0f} s; see {log}")
        time.sleep(0.05)
