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
"""Seconds until an early stop becomes a SIGTERM: the client asks every 15 s, and a step must end first."""
_PATIENCE = 60.0
"""Seconds to wait for the server to be ready."""


@dataclass(frozen=True)
class Endpoint:
    """Where the W&B protocol is spoken.

    Attributes:
        url: Base URL.
        environment: Variables by which every W&B client finds and may use it.
    """

    url: str
    environment: dict[str, str]


@contextmanager
def local_server(data: Path, port: int, seed: int) -> Iterator[Endpoint]:
    """Run the embedded server on loopback for the length of the block.

    Args:
        data: Its data folder.
        port: To listen on; 0 takes any free one.
        seed: Seed of its searches.

    Raises:
        UserError: If it does not start; the message is the server's own.
    """
    data.mkdir(parents=True, exist_ok=True)
    ready = data / "url"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sweepfarm", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--data", str(data), "--seed", str(seed), "--stop-grace", str(_STOP_GRACE)]
    with (data / "server.log").open("wb") as log:
        # A session of its own: Ctrl-C reaches the command first, which stops the agents before the server.
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
    """The W&B that the environment names by `WANDB_API_KEY` (and perhaps `WANDB_BASE_URL`), if it does.

    Raises:
        UserError: If that server does not answer.
    """
    if not os.environ.get("WANDB_API_KEY"):
        return None
    return Endpoint(reachable_server(os.environ), {})


def _wait_until_ready(process: subprocess.Popen[bytes], ready: Path, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not (ready.exists() and ready.read_text().strip()):
        if process.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
            raise UserError(f"the embedded server did not start: {lines[-1]}")
        if time.monotonic() > deadline:
            raise UserError(f"the embedded server was not ready after {_PATIENCE:.0f} s; see {log}")
        time.sleep(0.05)
