"""Runs as forks of a warm parent: the same results, signals and exit codes, and nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agent.config.run import RunConfig
from agent.warm.wire import SOCKET_VARIABLE
from tests.agent.machine import Machine, comparable, offline_environment, warm_machine, warm_parent
from tests.server_fixture import wait_until

pytestmark = pytest.mark.slow

RUNS = int(os.environ.get("SWEEPFARM_TEST_RUNS", "5"))
"""Number of runs that must leave the parent unchanged; a thorough test uses 50."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, tiny_run: RunConfig) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("warm")
    with warm_machine(folder, tiny_run, offline_environment(folder)) as machine:
        yield machine


def test_a_warm_run_equals_a_cold_one(machine: Machine) -> None:
    assert machine.start("cold", script="").wait(120) == 0, machine.log("cold")
    assert machine.start("warm").wait(120) == 0, machine.log("warm")
    assert comparable(machine.rows("warm")) == comparable(machine.rows("cold"))
    assert machine.rows("warm")


def test_a_bad_configuration_has_its_own_exit_code_and_line(machine: Machine) -> None:
    assert machine.start("bad", learning_rat=1e-6).wait(120) == 2
    assert "did you mean `learning_rate`" in machine.log("bad")


def test_a_run_preempted_by_sigterm_is_resumed(machine: Machine) -> None:
    run = machine.start("preempted", max_steps=30)
    wait_until(lambda: len(machine.rows("preempted")) >= 3, "three steps")
    run.send_signal(signal.SIGTERM)
    assert run.wait(60) == 143, machine.log("preempted")
    assert len(machine.rows("preempted")) < 30
    assert machine.start("preempted", max_steps=30).wait(120) == 0
    assert [row["train/global_step"] for row in machine.rows("preempted")] == list(range(1, 31))


def test_a_run_ends_with_its_client(machine: Machine) -> None:
    client = machine.start("widow", max_steps=5000)
    wait_until(lambda: machine.rows("widow"), "a step")
    (run,) = warm_parent().children()
    client.kill()
    client.wait(30)
    psutil.wait_procs([run], timeout=60)
    assert not run.is_running()


def test_the_client_of_a_killed_run_ends_with_sigkill(machine: Machine) -> None:
    client = machine.start("killed", max_steps=5000)
    wait_until(lambda: machine.rows("killed"), "a step")
    (run,) = warm_parent().children()
    run.kill()
    assert client.wait(30) == -signal.SIGKILL


def test_a_client_whose_agent_died_ends_its_run(machine: Machine) -> None:
    command = [sys.executable, "-m", "agent"]
    environment = {
        **machine.environment,
        "WANDB_RUN_ID": "orphan",
        "WANDB_SWEEP_PARAM_PATH": str(machine.folder / "widow.yaml"),
    }
    script = f"import subprocess, time; subprocess.Popen({command!r}); time.sleep(600)"
    agent = subprocess.Popen([sys.executable, "-c", script], env=environment)
    wait_until(lambda: machine.rows("orphan"), "a step")
    (run,) = warm_parent().children()
    agent.kill()
    agent.wait()
    psutil.wait_procs([run], timeout=60)
    assert not run.is_running()


def test_many_runs_leak_no_memory_descriptors_or_processes(machine: Machine) -> None:
    parent = warm_parent()
    assert machine.start("many-0", max_steps=2, rungs=1).wait(60) == 0
    before = parent.memory_info().rss, parent.num_fds(), parent.num_threads()
    for number in range(1, RUNS + 1):
        assert machine.start(f"many-{number}", max_steps=2, rungs=1).wait(60) == 0
    after = parent.memory_info().rss, parent.num_fds(), parent.num_threads()
    assert after[0] < 1.05 * before[0]
    assert after[1:] == before[1:]
    assert parent.children() == []


def test_without_a_warm_parent_a_run_starts_by_itself(machine: Machine, tmp_path: Path) -> None:
    lonely = Machine(
        machine.folder,
        machine.config,
        {**machine.environment, SOCKET_VARIABLE: str(tmp_path / "nobody")},
    )
    assert lonely.start("alone", max_steps=2, rungs=1).wait(120) == 0
    assert "the warm parent does not answer" in machine.log("alone")


def test_the_warm_parent_ends_with_its_agent(machine: Machine) -> None:
    script = (
        "import os, time\n"
        "from agent.warm.start import start_warm_parent\n"
        f"print(start_warm_parent(dict(os.environ))[{SOCKET_VARIABLE!r}], flush=True)\n"
        "time.sleep(600)"
    )
    agent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert agent.stdout is not None
    folder = Path(agent.stdout.readline().strip()).parent
    (parent,) = psutil.Process(agent.pid).children()
    agent.kill()
    agent.wait()
    psutil.wait_procs([parent], timeout=60)
    assert not parent.is_running()
    assert not folder.exists()
