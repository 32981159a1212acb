"""Mistakes W10 and W11 of an earlier system: agents that restart for ever, keys in the logs, commands that
only work inside the checkout. Real processes, started outside of the checkout."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent.config.run import RunConfig
from tests.agent.running import one_run_sweep
from tests.server_fixture import BIN, ROOT, RunningServer, wandb_server

__all__ = ["wandb_server"]

PLANTED = "hf_planted0123456789planted0123456789"
"""A key in the environment that must appear nowhere else."""


def environment(**more: str) -> dict[str, str]:
    """The environment of a container: no PYTHONPATH, no W&B settings of the caller, and a planted key."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "SWEEP", "PYTHONPATH"))}
    return {**kept, "HF_TOKEN": PLANTED, "WANDB_API_KEY": PLANTED, **more}


def call(*command: str | Path, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("arguments", [(), ("",), (" ",)])
def test_w10_an_agent_without_a_sweep_ends_with_one_line(arguments: tuple[str, ...], tmp_path: Path) -> None:
    # In the earlier system, a container without SWEEP_ID failed and was restarted for ever.
    done = call(BIN / "sweepfarm", "agent", *arguments, cwd=tmp_path, env=environment(SWEEP_ID=""))
    assert done.returncode not in (0, None)
    assert done.stdout + done.stderr == done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "SWEEP_ID" in done.stderr


def test_w10_the_sweep_is_read_from_the_environment(tmp_path: Path) -> None:
    # Nothing listens at this address. The error shows that the command took the sweep from SWEEP_ID.
    there = environment(SWEEP_ID="local/p/abc123", WANDB_BASE_URL="http://127.0.0.1:9")
    done = call(BIN / "sweepfarm", "agent", cwd=tmp_path, env=there)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: no server answers at http://127.0.0.1:9 ")
    assert PLANTED not in done.stdout + done.stderr


@pytest.mark.parametrize("stays", [True, False], ids=["silent", "gone"])
def test_an_agent_whose_server_stops_after_the_first_request_ends_with_one_line(
    stays: bool, tmp_path: Path
) -> None:
    # The agent used to hang: W&B's client waited for its own service process, which did not end.
    listener = socket.create_server(("127.0.0.1", 0))
    there = environment(
        SWEEP_ID="local/p/abc123", WANDB_BASE_URL=f"http://127.0.0.1:{listener.getsockname()[1]}"
    )
    with subprocess.Popen(
        [BIN / "sweepfarm", "agent"], cwd=tmp_path, env=there, stderr=subprocess.PIPE, text=True
    ) as agent:
        with listener:
            listener.accept()[0].close()
            if stays:
                agent.wait(timeout=120)
        said = agent.communicate(timeout=120)[1]
    assert agent.returncode == 1
    assert said.startswith("Error: the sweep local/p/abc123 cannot be read: "), said
    assert said.count("\n") == 1, said
    assert PLANTED not in said


@pytest.mark.parametrize("command", [[BIN / "sweepfarm"], [sys.executable, "-m", "sweepfarm"]])
def test_w11_the_command_works_anywhere_without_a_python_path(
    command: list[str | Path], tmp_path: Path
) -> None:
    # In the earlier system, `from src...` worked only with a PYTHONPATH that pointed at the checkout.
    done = call(*command, "score", "--help", cwd=tmp_path, env=environment())
    assert done.returncode == 0, done.stderr
    assert "sweepfarm score" in done.stdout


def test_w11_imports_outside_the_checkout_load_this_checkout(tmp_path: Path) -> None:
    script = "import agent, rewards, sweepfarm; print(agent.__file__, rewards.__file__, sweepfarm.__file__)"
    done = call(sys.executable, "-c", script, cwd=tmp_path, env=environment())
    assert done.stdout.split() == [
        str(ROOT / room / "__init__.py") for room in ("agent", "rewards", "sweepfarm")
    ]


@pytest.mark.slow
def test_w10_w11_an_agent_outside_the_checkout_finishes_its_sweep_and_writes_no_key(
    wandb_server: RunningServer, tiny_run: RunConfig, tmp_path: Path
) -> None:
    sweep = one_run_sweep(wandb_server, tiny_run, max_steps=1, rungs=1, run_name="seed {seed}")
    runs = tmp_path / "runs"
    env = wandb_server.env(SWEEP_ID=sweep, SWEEPFARM_RUNS=str(runs), HF_TOKEN=PLANTED)
    del env["PYTHONPATH"]
    first = call(BIN / "sweepfarm", "agent", cwd=wandb_server.work, env=env)
    assert first.returncode == 0, first.stdout + first.stderr
    assert [(run["state"], run["name"]) for run in wandb_server.rows(sweep)] == [("finished", "seed 1")]
    assert len(list(runs.glob("*/*/outcome.json"))) == 1

    # As after `restart:` of a container: the sweep is over, so the agent ends at once with exit code 0.
    again = call(BIN / "sweepfarm", "agent", cwd=wandb_server.work, env=env)
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(wandb_server.rows(sweep)) == 1

    written = [path for folder in (runs, wandb_server.work) for path in folder.rglob("*") if path.is_file()]
    assert len(written) > 5
    printed = [text.encode() for done in (first, again) for text in (done.stdout, done.stderr)]
    for key in (PLANTED, wandb_server.key):
        assert not [path for path in written if key.encode() in path.read_bytes()]
        assert not [text for text in printed if key.encode() in text]
    kept = [path for path in wandb_server.data.rglob("*") if path.is_file()]
    assert not [path for path in kept if PLANTED.encode() in path.read_bytes()]
