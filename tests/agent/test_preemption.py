"""A real run under a real agent, told to go by its machine: it comes back under its id and loses nothing."""

import json
import os
import signal
from pathlib import Path

import psutil
import pytest

from agent.config.run import RunConfig
from agent.worker import agent_command, agent_environment
from tests.server_fixture import RunningServer, wait_until, wandb_server

__all__ = ["wandb_server"]

STEPS = 30


def trainer_of(agent_pid: int) -> psutil.Process:
    """The training process that an agent has started."""
    below = psutil.Process(agent_pid).children(recursive=True)
    (trainer,) = [process for process in below if process.cmdline()[-1:] == ["agent"]]
    return trainer


@pytest.mark.slow
def test_a_preempted_run_is_resumed_under_its_id(
    wandb_server: RunningServer, tiny_run: RunConfig, tmp_path: Path
) -> None:
    values = {**tiny_run.flat(), "max_steps": STEPS, "rungs": 3, "seed": None}
    constant = {name: {"value": value} for name, value in values.items() if value is not None}
    sweep = wandb_server.sweep(
        {
            "method": "grid",
            "metric": {"name": "objective/score", "goal": "maximize"},
            "command": ["${env}", "${interpreter}", "-m", "agent"],
            "parameters": {**constant, "seed": {"values": [1]}},
        },
        trainer="",
    )
    runs = tmp_path / "runs"
    environment = agent_environment(wandb_server.env(SWEEPFARM_RUNS=str(runs)), agents_here=2)
    agent = wandb_server.start(*agent_command(sweep), **environment)

    def logged() -> list[int]:
        files = list(runs.glob("*/*/metrics.jsonl"))
        lines = files[0].read_text().splitlines() if files else []
        return [json.loads(line)["train/global_step"] for line in lines]

    wait_until(lambda: len(logged()) >= 4, "four steps")
    trainer = trainer_of(agent.pid)
    os.kill(trainer.pid, signal.SIGTERM)
    assert psutil.wait_procs([trainer], timeout=60)[0], "the trainer did not go"
    assert logged()[-1] < STEPS
    assert agent.wait(timeout=180) == 0
    assert logged() == list(range(1, STEPS + 1))

    script = (
        "import json, wandb\n"
        "steps = lambda run: [row['train/global_step'] for row in run.scan_history()]\n"
        f"runs = list(wandb.Api().sweep({sweep!r}).runs)\n"
        "print(json.dumps([[r.state, r.summary['outcome'], steps(r)] for r in runs]))"
    )
    printed = wandb_server.python(script).strip().splitlines()[-1]
    assert json.loads(printed) == [["finished", "finished", list(range(1, STEPS + 1))]]
