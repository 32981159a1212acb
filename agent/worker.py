"""Taking runs from a sweep: the real `wandb agent`, in an environment that suits GRPO on this machine."""

import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

WANDB = "https://api.wandb.ai"
MAX_CONSECUTIVE_FAILURES = 3
"""Runs that may fail one after the other before the agent gives up: a bad node must not burn a sweep."""


def threads_per_agent(agents: int) -> int:
    """Threads for each of `agents` on this machine: two that both take all cores run several times slower."""
    return max(1, (os.cpu_count() or 1) // agents)


def thread_settings(agents: int) -> dict[str, str]:
    """Environment variables for the threads of each of `agents` on this machine.

    A step of a small model is thousands of parallel pieces of some microseconds. Threads that sleep between
    them take longer to wake than to work; threads that wait awake take the cores of other agents. So they
    wait awake, for some 0.1 ms at most, where there are no others.
    """
    threads = str(threads_per_agent(agents))
    waiting = {"GOMP_SPINCOUNT": "10000"} if agents == 1 else {"OMP_WAIT_POLICY": "PASSIVE"}
    return {"OMP_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads, **waiting}


def agent_environment(base: Mapping[str, str], agents_here: int) -> dict[str, str]:
    """The environment of an agent and its runs.

    Settings the caller made are kept; what is missing gets a fitting value.

    Args:
        base: environment to start from.
        agents_here: agents that share this machine.
    """
    defaults = {
        **thread_settings(agents_here),
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # Asking for a GPU must not open a CUDA context in the warm parent: it would not survive a fork.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        # Metrics leave every 2 s, not 15: early stops arrive in time to save something.
        "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "2",
        "WANDB_CONSOLE": "wrap",
        "WANDB_SILENT": "true",
    }
    # `${interpreter}` in a sweep's command is the `python` on PATH; it must be this one.
    path = f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', '')}"
    return {**defaults, **base, "PATH": path}


def agent_program(sweep: str, agents_here: int) -> list[str]:
    """The command line of `sweepfarm agent`, with a warm parent, as one of `agents_here` on this machine."""
    return [sys.executable, "-m", "sweepfarm", "agent", "--agents-here", str(agents_here), sweep]


def agent_command(sweep: str, count: int | None = None) -> list[str]:
    """The command line of the agent for `entity/project/sweep`."""
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
    """No server answers where the environment says one is."""


def require_server(environment: Mapping[str, str]) -> None:
    """Look for the server at once: the client itself would try for 20 s and then not say where it looked.

    Raises:
        UnreachableError: nothing listens at `WANDB_BASE_URL` (W&B's own address where unset).
    """
    url = environment.get("WANDB_BASE_URL") or WANDB
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=10).close()
    except OSError as error:
        raise UnreachableError(
            f"no server answers at {url} ({error.strerror or error}): check the network and WANDB_BASE_URL,"
            " or start one with `sweepfarm server`"
        ) from None


def become_agent(sweep: str, *, count: int | None, environment: Mapping[str, str]) -> None:
    """Replace this process with the agent; does not return.

    Args:
        sweep: `entity/project/id`.
        count: runs to take at most.
        environment: of the agent and its runs; see `agent_environment`.
    """
    command = agent_command(sweep, count)
    os.execvpe(command[0], command, dict(environment))
