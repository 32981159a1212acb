"""A real run under a real agent that is preempted: it is resumed under its id and loses no step."""

import json
import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from agent.config.run import RunConfig
from agent.worker import agent_command, agent_environment
from tests.agent.running import one_run_sweep
from tests.server_fixture import RunningServer, wait_until, wandb_server

__all__ = ["wandb_server"]

STEPS = 30


def trainer_of(agent_pid: int) -> psutil.Process:
    """The training process that an agent has started."""
    below = psutil.Process(agent_pid).children(recursive=True)
    (trainer,) = [process for process in below if process.cmdline()[-1:] == ["agent"]]
    return trainer


def start(
    server: RunningServer, config: RunConfig, runs: Path, steps: int
) -> tuple[str, subprocess.Popen[str]]:
    """Register a sweep of one run and start an agent on it; returns the sweep's path and the agent."""
    sweep = one_run_sweep(server, config, max_steps=steps, rungs=3)
    environment = agent_environment(server.env(SWEEPFARM_RUNS=str(runs)), agents_here=2)
    return sweep, server.start(*agent_command(sweep), **environment)


def logged(runs: Path) -> list[int]:
    """The training steps in the only run's directory."""
    files = list(runs.glob("*/*/metrics.jsonl"))
    lines = files[0].read_text().splitlines() if files else []
    return [json.loads(line)["train/global_step"] for line in lines]


def on_the_server(server: RunningServer, sweep: str) -> list[object]:
    """State, outcome and logged steps of the only run, as `wandb.Api` gives them."""
    script = (
        "import json, wandb\n"
        f"(run,) = wandb.Api().sweep({sweep!r}).runs\n"
        "steps = [row['train/global_step'] for row in run.scan_history()]\n"
        "print(json.dumps([run.state, run.summary['outcome'], steps]))"
    )
    found: list[object] = json.loads(server.python(script).strip().splitlines()[-1])
    return found


@pytest.mark.slow
def test_a_preempted_run_is_resumed_under_its_id(
    wandb_server: RunningServer, tiny_run: RunConfig, tmp_path: Path
) -> None:
    sweep, agent = start(wandb_server, tiny_run, tmp_path / "runs", STEPS)
    wait_until(lambda: len(logged(tmp_path / "runs")) >= 4, "four steps")
    trainer = trainer_of(agent.pid)
    os.kill(trainer.pid, signal.SIGTERM)
    assert psutil.wait_procs([trainer], timeout=60)[0], "the trainer did not end"
    assert logged(tmp_path / "runs")[-1] < STEPS
    assert agent.wait(timeout=180) == 0
    every_step = list(range(1, STEPS + 1))
    assert logged(tmp_path / "runs") == every_step
    assert on_the_server(wandb_server, sweep) == ["finished", "finished", every_step]


@pytest.mark.slow
def test_a_run_that_the_server_stops_ends_cleanly_at_a_step(
    wandb_server: RunningServer, tiny_run: RunConfig, tmp_path: Path
) -> None:
    sweep, agent = start(wandb_server, tiny_run, tmp_path / "runs", steps=5_000)
    wait_until(lambda: len(logged(tmp_path / "runs")) >= 4, "four steps")
    wandb_server.python(f"import wandb; (run,) = wandb.Api().sweep({sweep!r}).runs; run.stop()")
    assert agent.wait(timeout=120) == 0
    steps = logged(tmp_path / "runs")
    assert 4 <= steps[-1] < 5_000
    assert on_the_server(wandb_server, sweep) == ["finished", "stopped early", list(range(1, steps[-1] + 1))]
