"""Failures of real machines, with real clients: no row is lost or stored twice."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from server.control.orphans import DEAD_AFTER
from tests.server.requests import let_pass
from tests.server.trainers import ATTENTIVE, DEAF, STEADY
from tests.server_fixture import RunningServer, running_server, start_server, wait_until

pytestmark = pytest.mark.slow

COMMAND = ["${env}", "${interpreter}", "${program}"]
RANDOM = {
    "method": "random",
    "metric": {"name": "score", "goal": "maximize"},
    "command": COMMAND,
    "parameters": {"a": {"min": 0.0, "max": 1.0}},
}

# Many runs that stream at the same time from one process
MANY = """
import time, wandb
runs = [wandb.init(project="many", id=f"many-{i}", reinit="create_new", settings=wandb.Settings(
    console="off", x_disable_stats=True, silent=True)) for i in range(20)]
print("started", flush=True)
for step in range(STEPS):
    for number, run in enumerate(runs):
        run.log({"x": step * 100 + number}, step=step)
    time.sleep(0.2)
for run in runs:
    run.finish()
"""


def stored(server: RunningServer, project: str, run: str) -> list[Any]:
    """Read a run's state, number of rows and all its rows through the protocol."""
    query = (
        "query($p: String!, $r: String!) { project(name: $p) { run(name: $r)"
        " { state historyLineCount history(minStep: 0, maxStep: 100000, samples: 100000) } } }"
    )
    found = server.graphql(query, p=project, r=run)["project"]["run"]
    return [found["state"], found["historyLineCount"], found["history"]]


def test_a_server_killed_during_twenty_runs_loses_and_repeats_no_row(tmp_path: Path) -> None:
    steps = 100
    server = start_server(tmp_path / "data", tmp_path / "work")
    port = int(server.url.rsplit(":", 1)[1])
    script = MANY.replace("STEPS", str(steps))
    client = server.start("python", "-c", script)

    def streaming() -> bool:
        query = '{ project(name: "many") { runs { edges { node { historyLineCount } } } } }'
        project = server.graphql(query)["project"] or {"runs": {"edges": []}}
        counts = [edge["node"]["historyLineCount"] for edge in project["runs"]["edges"]]
        return len(counts) == 20 and min(counts) > 5

    wait_until(streaming, "all runs stream")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    time.sleep(20)
    again = start_server(tmp_path / "data", tmp_path / "work", port=port)
    try:
        assert client.wait(timeout=200) == 0
        for number in range(20):
            state, count, lines = stored(again, "many", f"many-{number}")
            rows = [json.loads(line) for line in lines]
            assert (state, count) == ("finished", steps)
            assert [row["_step"] for row in rows] == list(range(steps))
            assert [row["x"] for row in rows] == [step * 100 + number for step in range(steps)]
    finally:
        again.stop()


def test_the_trainer_of_a_killed_agent_ends_before_a_new_one_starts_on_its_host(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        sweep = server.sweep(RANDOM, ATTENTIVE + STEADY)
        first = server.eager_agent(sweep, log="first.log", STEPS="1000", PAUSE="0.5")
        wait_until(lambda: server.rows(sweep) and (server.rows(sweep)[0]["step"] or 0) > 2, "the run logs")
        first.kill()
        first.wait()
        let_pass(server, DEAD_AFTER + 1)
        server.eager_agent(sweep, log="second.log", STEPS="3")
        wait_until(lambda: len(server.rows(sweep)) == 2, "a second run", 120)
        orphan, second = server.rows(sweep)
        assert orphan["state"] == "finished"
        assert (orphan["stopped"], "has died" in orphan["why"]) == ("orphan", True)
        assert orphan["step"] < 999
        wait_until(lambda: server.rows(sweep)[1]["state"] == "finished", "the second run ends")
        assert second["id"] != orphan["id"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_temporarily_full_disk_loses_no_row(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine allows no mounts")
    (tmp_path / "work").mkdir()
    server = start_server(small / "data", tmp_path / "work")
    try:
        script = STEADY.replace("wandb.init(", 'wandb.init(project="p", id="r", config={"a": 1}, ')
        client = server.start("python", "-c", script, STEPS="100", PAUSE="0.1")
        wait_until(lambda: _lines(server) > 5, "the run logs")
        # Fill the rest of the disk. It is freed later.
        hog = small / "hog"
        with hog.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        wait_until(lambda: _refuses(server), "nothing can be stored any more")
        # The client sends every second, so it sends while the disk is full.
        time.sleep(3)
        assert server.process.poll() is None
        during = _lines(server)
        hog.unlink()
        assert client.wait(timeout=120) == 0
        assert during < 100
        state, count, lines = stored(server, "p", "r")
        assert (state, count, len(lines)) == ("finished", 100, 100)
    finally:
        server.stop()
        subprocess.run(["umount", "-l", small], check=True)


def _refuses(server: RunningServer) -> bool:
    return server.post("/files/local/p/r/file_stream", {})[0] == 503


def _lines(server: RunningServer) -> int:
    query = '{ project(name: "p") { run(name: "r") { historyLineCount } } }'
    project = server.graphql(query)["project"]
    return int(((project or {}).get("run") or {}).get("historyLineCount") or 0)


def test_a_lost_heartbeat_answer_neither_loses_nor_repeats_a_run(tmp_path: Path) -> None:
    """A proxy drops the answer with the first run. The real agent asks again."""
    from tests.server.losing_proxy import losing_proxy

    with running_server(tmp_path) as server:
        sweep = server.sweep({**RANDOM, "run_cap": 1}, STEADY)
        with losing_proxy(server.url, b'\\"run_id\\"') as (url, lost):
            agent = server.agent(sweep, WANDB_BASE_URL=url)
            assert agent.wait(timeout=150) == 0
            assert lost() == 1
        assert [row["state"] for row in server.rows(sweep)] == ["finished"]


def test_the_run_of_a_crashed_machine_is_given_to_another_agent(tmp_path: Path) -> None:
    """Trainer and agent are killed together. The sweep has `requeue_crashed`."""
    with running_server(tmp_path, "--crash-after", "4") as server:
        sweep = server.sweep({**RANDOM, "run_cap": 1, "requeue_crashed": 1}, DEAF)
        eager = ("python", "-m", "tests.eager_agent", "agent", sweep)
        first = server.start("setsid", *eager, log="first.log")
        wait_until(lambda: server.rows(sweep) and (server.rows(sweep)[0]["step"] or 0) > 1, "the run logs")
        subprocess.run(["pkill", "-9", "-s", str(os.getsid(first.pid))], check=False)
        first.wait()
        (work := server.work / "train.py").write_text(STEADY, encoding="utf-8")
        assert work.exists()
        let_pass(server, DEAD_AFTER + 1)
        second = server.eager_agent(sweep, log="second.log")
        assert second.wait(timeout=150) == 0
        (row,) = server.rows(sweep)
        assert row["state"] == "finished"
