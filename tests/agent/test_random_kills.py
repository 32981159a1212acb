"""Runs are killed at random moments: no logged step is lost, and every run directory stays readable."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from safetensors import safe_open

from agent.config.run import RunConfig
from agent.worker import agent_environment
from tests.agent.machine import Machine, comparable, warm_machine, warm_parent
from tests.server_fixture import RunningServer, running_server

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("SWEEPFARM_TEST_KILLS", "4"))
"""Number of kills; a thorough test uses 50."""
STEPS = 40


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as server:
        yield server


@pytest.fixture
def machine(server: RunningServer, tiny_run: RunConfig, tmp_path: Path) -> Iterator[Machine]:
    names = {"WANDB_PROJECT": "kills", "WANDB_ENTITY": "local", "SWEEPFARM_RUNS": str(tmp_path / "runs")}
    with warm_machine(tmp_path, tiny_run, agent_environment(server.env(**names), agents_here=2)) as machine:
        yield machine


def check_directory(folder: Path) -> None:
    """Assert that every file of a run directory can be read."""
    for name in ("config.json", "outcome.json"):
        if (folder / name).exists():
            json.loads((folder / name).read_text())
    for name in ("metrics.jsonl", "samples.jsonl"):
        if (folder / name).exists():
            lines = (folder / name).read_text().splitlines(keepends=True)
            # Only the last line may be cut short. The resumed run writes it again.
            assert all(json.loads(line) for line in lines[:-1])
    for weights in folder.glob("checkpoints/step-*/model.safetensors"):
        with safe_open(weights, framework="np") as file:
            assert list(file.keys())


def test_runs_killed_at_random_moments_lose_and_repeat_no_step(
    server: RunningServer, machine: Machine
) -> None:
    rng = random.Random(20261122)
    assert machine.start("whole", max_steps=STEPS).wait(120) == 0, machine.log("whole")
    kills = number = 0
    while kills < KILLS:
        number += 1
        run, seen = f"run-{number}", 0
        while True:
            client = machine.start(run, max_steps=STEPS)
            if kills < KILLS:
                deadline = time.monotonic() + rng.uniform(0.0, 2.5)
                while client.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.01)
            if kills == KILLS:
                assert client.wait(120) == 0, machine.log(run)
            if client.poll() is not None:
                break
            with suppress(psutil.NoSuchProcess):
                hard = rng.random() < 0.5
                for process in warm_parent().children() if hard else [client]:
                    process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            assert client.wait(60) in (0, 143, -signal.SIGTERM, -signal.SIGKILL), machine.log(run)
            kills += 1
            if any(machine.folder.glob(f"runs/*/{run}")):
                check_directory(machine.directory(run))
            logged = len(machine.rows(run))
            # A run goes back to its last saved state at most, and a saved state is never lost.
            assert logged >= min(seen, 1)
            seen = max(seen, logged)
            if client.returncode == 0:
                break
        assert comparable(machine.rows(run)) == comparable(machine.rows("whole"))
    script = (
        "import json, wandb\n"
        "found = {r.id: [row['train/global_step'] for row in r.scan_history()]\n"
        "         for r in wandb.Api().runs('local/kills')}\n"
        "print(json.dumps(found))"
    )
    stored = json.loads(server.python(script).strip().splitlines()[-1])
    assert len(stored) == number + 1
    every = Counter(range(1, STEPS + 1))
    wrong = {name: (every - Counter(steps), Counter(steps) - every) for name, steps in stored.items()}
    assert {name: pair for name, pair in wrong.items() if any(pair)} == {}  # (missing, repeated)
