"""The less common commands of the real client, one by one."""

import os
import pty
import select
import signal
import time
from typing import Any

import pytest

from tests.server.trainers import STEADY
from tests.server_fixture import BIN, RunningServer, wait_until

pytestmark = pytest.mark.slow

COMMAND = ["${env}", "${interpreter}", "${program}"]
RANDOM: dict[str, Any] = {
    "method": "random",
    "metric": {"name": "score", "goal": "maximize"},
    "command": COMMAND,
    "parameters": {"a": {"min": 0.0, "max": 1.0}},
}

# Exits in a way that shows that it received the signal and could finish its run.
ASKED = """
import signal, sys, time, wandb
run = wandb.init()
def asked(*_):
    run.summary["asked"] = True
    run.finish(exit_code=7)
    sys.exit(7)
signal.signal(signal.SIGINT, asked)
for step in range(1000):
    run.log({"score": 0.5}, step=step)
    time.sleep(0.2)
"""


def test_an_agent_with_a_count_ends_after_that_many_runs(shared_server: RunningServer) -> None:
    sweep = shared_server.sweep(RANDOM, STEADY, "count")
    assert shared_server.eager_agent(sweep, "--count", "1").wait(timeout=60) == 0
    (row,) = shared_server.rows(sweep)
    wait_until(lambda: shared_server.rows(sweep)[0]["state"] == "finished", "the run is finished")
    assert row["parameters"]["a"] <= 1


def test_an_agent_forwards_signals_to_its_run(shared_server: RunningServer) -> None:
    sweep = shared_server.sweep(RANDOM, ASKED, "signals")
    agent = shared_server.eager_agent(sweep, "--forward-signals")
    wait_until(lambda: [row for row in shared_server.rows(sweep) if (row["step"] or 0) > 3], "it logs")
    agent.send_signal(signal.SIGINT)
    agent.wait(timeout=60)
    wait_until(lambda: shared_server.rows(sweep)[0]["state"] == "failed", "the run ended as it said")


def test_an_agent_can_run_a_python_function(shared_server: RunningServer) -> None:
    read = shared_server.python(
        """
import wandb
from wandb.agents import pyagent
pyagent.Agent.HEARTBEAT_SLEEP_SECONDS = 0.5
def train():
    with wandb.init() as run:
        run.log({"score": run.config.a})
sweep = wandb.sweep({"method": "grid", "metric": {"name": "score", "goal": "maximize"},
                     "parameters": {"a": {"values": [1, 2]}}}, project="function")
wandb.agent(sweep, function=train, project="function", count=2)
print("BEST", wandb.Api().sweep(f"local/function/{sweep}").best_run().config)
"""
    )
    assert "BEST {'a': 2}" in read


def test_an_offline_run_can_be_synced(shared_server: RunningServer) -> None:
    shared_server.python(
        """
import wandb
with wandb.init(project="offline", id="offline", mode="offline", config={"lr": 0.5}) as run:
    for step in range(5):
        run.log({"x": step})
    run.log({"samples": wandb.Table(columns=["a"], data=[[1], [2]])})
"""
    )
    (folder,) = shared_server.work.glob("wandb/offline-run-*")
    shared_server.wandb("sync", str(folder))
    shared_server.wandb("sync", "--include-synced", str(folder))
    read = shared_server.python(
        """
import wandb
run = wandb.Api().run("local/offline/offline")
print("SYNCED", run.state, run.config, [row["x"] for row in run.scan_history(keys=["x"])])
print("TABLES", [a.name for a in run.logged_artifacts()])
"""
    )
    assert "SYNCED finished {'lr': 0.5} [0, 1, 2, 3, 4]" in read
    assert "samples" in read.split("TABLES")[1]


def test_wandb_verify_passes_except_for_https(shared_server: RunningServer) -> None:
    printed = shared_server.python(
        """
from wandb.agents import pyagent
from wandb.cli.cli import cli
pyagent.Agent.HEARTBEAT_SLEEP_SECONDS = 0
cli(["verify"])
"""
    )
    failed = [line for line in printed.splitlines() if "\N{CROSS MARK}" in line]
    # The local server has no https.
    assert [line.split("...")[0] for line in failed] == [
        "Checking requests to base url",
        "Checking requests made over signed URLs",
    ]
    assert printed.count("\N{WHITE HEAVY CHECK MARK}") == 8


SPACE = """
def space(trial):
    kind = trial.suggest_categorical("kind", ["wide", "deep"])
    point = {"kind": kind, "a": trial.suggest_float("a", 0.0, 1.0)}
    return {**point, "depth": trial.suggest_int("depth", 1, 3)} if kind == "deep" else point
"""


def test_a_client_side_optuna_scheduler_searches_a_conditional_space(shared_server: RunningServer) -> None:
    (shared_server.work / "space.py").write_text(SPACE, encoding="utf-8")
    scheduler = {"engine": "optuna", "source": "space.py", "search_space": "space"}
    config = {**RANDOM, "method": "custom", "run_cap": 3, "scheduler": scheduler}
    del config["parameters"]
    sweep = shared_server.sweep_by_command(config, STEADY, "scheduler")
    chooser = shared_server.start(
        *("wandb", "sweep-scheduler", "--batch-size", "2", "--poll-interval", "1", sweep), log="chooser.log"
    )
    agent = shared_server.eager_agent(sweep, "--count", "3")
    assert agent.wait(timeout=120) == 0
    wait_until(lambda: chooser.poll() is not None, "the scheduler sees that the sweep is over", 60)
    assert chooser.returncode == 0, (shared_server.work / "chooser.log").read_text()
    done = [row for row in shared_server.rows(sweep) if row["state"] == "finished"]
    assert len(done) == 3
    for row in done:
        assert ("depth" in row["parameters"]) == (row["parameters"]["kind"] == "deep")


def test_a_local_controller_can_enqueue_a_run(shared_server: RunningServer) -> None:
    read = shared_server.python(
        """
import wandb
config = {"method": "random", "controller": {"type": "local"}, "parameters": {"a": {"values": [1]}}}
sweep = wandb.sweep(config, project="controller")
tuner = wandb.Api().sweep(f"local/controller/{sweep}")
print("STATE", tuner.state)
tuner.enqueue_run({"a": 3}, display_name="chosen")
print("RUNS", [(r.name, r.config, r.state) for r in wandb.Api().sweep(f"local/controller/{sweep}").runs])
"""
    )
    assert "RUNS [('chosen', {'a': 3}, 'pending')]" in read


def test_the_terminal_viewer_shows_a_run(shared_server: RunningServer) -> None:
    shared_server.python(
        """
import wandb
with wandb.init(project="leet", id="leet") as run:
    for step in range(20):
        run.log({"watched": step})
"""
    )
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(shared_server.work)
        env = shared_server.env(TERM="xterm-256color", COLUMNS="120", LINES="40")
        program = str(BIN / "wandb")
        os.execve(program, [program, "leet", f"{shared_server.url}/local/leet/runs/leet"], env)
    seen = b""
    try:
        deadline = time.monotonic() + 60
        while b"watched" not in seen and time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.5)[0]:
                seen += os.read(terminal, 65536)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    assert b"watched" in seen


def test_the_api_lists_agents_and_waits_for_their_runs(shared_server: RunningServer) -> None:
    sweep = shared_server.sweep(RANDOM, STEADY, "agents")
    assert shared_server.eager_agent(sweep, "--count", "1").wait(timeout=60) == 0
    read = shared_server.python(
        f"""
import wandb
api = wandb.Api()
(agent,) = api.sweep("{sweep}").agents()
(run,) = agent.runs()
run.wait_until_finished()
print("READ", run.state, agent.state, run.user.username, api.default_entity, run.url.endswith(run.id))
"""
    )
    assert "READ finished" in read
