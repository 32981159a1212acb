"""W&B stops before or in the middle of a run: training continues, and `wandb sync` uploads the run."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.config.run import RunConfig
from tests.agent.machine import Machine
from tests.server_fixture import RunningServer, start_server, wait_until

pytestmark = pytest.mark.slow

STEPS = 12
NO_WAIT_TO_OPEN = (
    "import wandb\nmake = wandb.Settings\nwandb.Settings = lambda **k: make(**k, init_timeout=5)\n"
)
NO_WAIT_TO_CLOSE = "import agent.entrypoint\nagent.entrypoint._UPLOAD_SECONDS = 3.0\n"
"""The same time limits, shortened for a test."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    server = start_server(tmp_path / "data", tmp_path / "work")
    yield server
    server.stop()


@pytest.fixture
def machine(server: RunningServer, tiny_run: RunConfig, tmp_path: Path) -> Machine:
    environment = server.env(
        WANDB_PROJECT="away",
        WANDB_ENTITY="local",
        SWEEPFARM_RUNS=str(tmp_path / "runs"),
        PATH=os.environ["PATH"],
    )
    return Machine(tmp_path, tiny_run, environment)


def kill(server: RunningServer) -> None:
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()


def synced(
    server: RunningServer, tmp_path: Path, machine: Machine, run: str
) -> tuple[str, list[dict[str, float]]]:
    """Restart the server, run the sync command from the run's log, and return the run's state and history."""
    again = start_server(tmp_path / "data", tmp_path / "work", port=int(server.url.rsplit(":", 1)[1]))
    server.process = again.process
    found = re.search(r"`wandb (sync [^`]+)`", machine.log(run))
    assert found, machine.log(run)
    again.wandb(*found.group(1).split(), WANDB_PROJECT="away", WANDB_ENTITY="local")
    script = (
        "import json, wandb\n"
        f"run = wandb.Api().run('local/away/{run}')\n"
        "print(json.dumps([run.state, list(run.scan_history())]))"
    )
    state, rows = json.loads(again.python(script).strip().splitlines()[-1])
    # W&B's own keys and the samples table are not in the run's own file.
    own = [{k: v for k, v in row.items() if not k.startswith("_") and k != "samples"} for row in rows]
    return state, own


def test_a_run_that_starts_without_a_server_can_be_synced_later(
    server: RunningServer, machine: Machine, tmp_path: Path
) -> None:
    kill(server)
    run = machine.start("early", script=NO_WAIT_TO_OPEN, max_steps=STEPS)
    assert run.wait(180) == 0, machine.log("early")
    assert "the run continues offline" in machine.log("early")
    assert len(machine.rows("early")) == STEPS
    assert synced(server, tmp_path, machine, "early") == ("finished", machine.rows("early"))


def test_a_run_whose_server_stops_in_the_middle_can_be_synced_later(
    server: RunningServer, machine: Machine, tmp_path: Path
) -> None:
    run = machine.start("middle", script=NO_WAIT_TO_CLOSE, max_steps=200)
    wait_until(lambda: len(machine.rows("middle")) >= 3, "three steps")
    kill(server)
    assert run.wait(180) == 0, machine.log("middle")
    assert machine.outcome("middle")["outcome"] == "finished"
    assert len(machine.rows("middle")) == 200
    assert "W&B did not take the whole run" in machine.log("middle")
    assert synced(server, tmp_path, machine, "middle") == ("finished", machine.rows("middle"))
