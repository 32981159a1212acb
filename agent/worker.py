"""The real `wandb agent`: its command line, its environment, and the check that its server answers."""

import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

_WANDB = "https://api.wandb.ai"
MAX_CONSECUTIVE_FAILURES = 3
"""Number of consecutive failed runs after which the agent ends: a broken machine must not use up a sweep."""


def threads_per_agent(agents: int) -> int:
    """Number of threads for each of `agents` on this machine, at least 1: the cores divided by the agents.

    Two agents that both use all cores run several times slower.
    """
    return max(1, (os.cpu_count() or 1) // agents)


def thread_settings(agents: int) -> dict[str, str]:
    """Environment variables that set the threads of each of `agents` on this machine.

    A training step of a small model has thousands of parallel regions of some microseconds each. Threads that
    sleep between them take longer to wake up than to work. Threads that spin use cores which other agents
    need. So threads spin, for at most about 0.1 ms, only if there is one agent.
    """
    threads = str(threads_per_agent(agents))
    waiting = {"GOMP_SPINCOUNT": "10000"} if agents == 1 else {"OMP_WAIT_POLICY": "PASSIVE"}
    return {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads, **waiting}


def agent_environment(base: Mapping[str, str], agents_here: int) -> dict[str, str]:
    """The environment variables of an agent and its runs.

    Args:
        base: Environment to start from; its values take precedence over ours, except for `PATH`.
        agents_here: Number of agents that share this machine.
    """
    defaults = {
        **thread_settings(agents_here),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Looking for a GPU must not open a CUDA context in the warm parent: a forked run could not use it.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        # Metrics are sent every 2 s, not every 15 s, so that early stops arrive sooner.
        "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "2",
        "WANDB_CONSOLE": "wrap",
        "WANDB_SILENT": "true",
    }
    # `${interpreter}` in a sweep's command is the `python` on PATH, which must be this one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', '')}"
    return {**defaults, **base, "PATH": path}


def agent_program(sweep: str, agents_here: int) -> list[str]:
    """The command line of `sweepfarm agent` for one of `agents_here` agents on this machine."""
    return [sys.executable, "-m", "sweepfarm", "agent", "--agents-here", str(agents_here), sweep]


def agent_command(sweep: str, count: int | None = None) -> list[str]:
    """The command line of `wandb agent` for a sweep.

    Args:
        sweep: `entity/project/id`.
        count: Maximum number of runs; `None` for no limit.
    """
    found = Path(sys.executable).with_name("wandb")
    program = str(found) if found.exists() else shutil.which("wandb") or "wandb"
    command = [
        program,
        "agent",
        "--forward-signals",
        "--max-consecutive-failed-runs",
        str(MAX_CONSECUTIVE_FAILURES),
    ]
    if count is not None:
        command += ["--count", str(count)]
    return [*command, sweep]


class UnreachableError(RuntimeError):
    """No server answers at the address that the environment gives."""


def require_server(environment: Mapping[str, str]) -> str:
    """The URL of the server that `environment` gives, after a check that something listens there.

    W&B's client itself would try for 20 s and then not report the address.

    Args:
        environment: `WANDB_BASE_URL` is read from it; W&B's own address if that is not set.

    Raises:
        UnreachableError: If nothing listens at the address.
    """
    url = environment.get("WANDB_BASE_URL") or _WANDB
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=10).close()
    except OSError as error:
        raise UnreachableError(
            f"no server answers at {url} ({error.strerror or error}): check the network and WANDB_BASE_URL,"
            " or start one with `sweepfarm server`"
        ) from None
    return url


def become_agent(sweep: str, *, count: int | None, environment: Mapping[str, str]) -> None:
    """Replace this process with `wandb agent`. Does not return.

    Args:
        sweep: `entity/project/id`.
        count: Maximum number of runs; `None` for no limit.
        environment: Of the agent and its runs; see `agent_environment`.
    """
    command = agent_command(sweep, count)
    os.execvpe(command[0], command, dict(environment))
