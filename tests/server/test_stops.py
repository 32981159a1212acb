"""Real runs that are stopped, preempted, cancelled or lose their server."""

import signal
import time
from typing import Any

import pytest

from tests.server.trainers import ATTENTIVE, DEAF, DIES_BEFORE_INIT, PREEMPTED, STEADY
from tests.server_fixture import RunningServer, running_server, start_server, wait_until

pytestmark = pytest.mark.slow

COMMAND = ["${env}", "${interpreter}", "${program}"]
SCORE = {"name": "score", "goal": "maximize"}
# Two parallel runs, 0.9 and 0.1: Hyperband stops the worse one at the third logged value.
PAIR = {
    "method": "grid",
    "metric": SCORE,
    "command": COMMAND,
    "early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 3},
    "parameters": {"a": {"values": [0.9, 0.1]}},
}


def row_of(server: RunningServer, sweep: str, a: float) -> dict[str, Any]:
    return next((row for row in server.rows(sweep) if row["parameters"]["a"] == a), {})


def test_hyperband_stops_a_running_run_through_its_client(tmp_path: Any) -> None:
    with running_server(tmp_path, "--stop-grace", "600") as server:
        sweep = server.sweep(PAIR, ATTENTIVE + STEADY)
        for i in range(2):
            server.eager_agent(sweep, log=f"agent{i}.log", STEPS="60", PAUSE="0.5")
        wait_until(lambda: row_of(server, sweep, 0.1).get("state") == "finished", "the worse run ends")
        worse = row_of(server, sweep, 0.1)
        assert worse["stopped"] == "hyperband"
        assert worse["rung"] == 3
        assert worse["step"] < 59
        assert row_of(server, sweep, 0.9)["stopped"] is None
        read = server.python(
            f"""
import wandb
run = wandb.Api().run("{sweep.rsplit("/", 1)[0]}/{worse["id"]}")
print(run.state, run.summary["outcome"], "|", run.summary["_sweepfarm/stop_reason"])
assert len(list(run.scan_history())) == run.lastHistoryStep + 1
"""
        )
        assert "finished stopped early | Hyperband at rung 3 (step 2): score 0.1 is below 0.9" in read


def test_a_run_that_ignores_the_stop_flag_is_killed_by_its_agent(tmp_path: Any) -> None:
    with running_server(tmp_path, "--stop-grace", "1") as server:
        sweep = server.sweep(PAIR, DEAF)
        for i in range(2):
            server.eager_agent(sweep, log=f"agent{i}.log")
        wait_until(lambda: row_of(server, sweep, 0.1).get("state") == "killed", "the worse run is killed")
        assert row_of(server, sweep, 0.1)["stopped"] == "hyperband"


def test_cancel_ends_the_run_and_then_the_agent(wandb_server: RunningServer) -> None:
    sweep = wandb_server.sweep(PAIR, DEAF)
    agent = wandb_server.eager_agent(sweep)
    wait_until(lambda: (row_of(wandb_server, sweep, 0.9).get("step") or 0) > 2, "the run logs")
    wandb_server.wandb("sweep", "--cancel", sweep)
    assert agent.wait(timeout=60) == 0
    row = row_of(wandb_server, sweep, 0.9)
    assert (row["state"], row["why"]) == ("killed", "the sweep was cancelled")


def test_a_run_can_be_stopped_through_the_api(wandb_server: RunningServer) -> None:
    wandb_server.start(
        *("python", "-c"),
        'import os; os.environ["STEPS"] = "200"; os.environ["PAUSE"] = "0.5"\n'
        + (ATTENTIVE + STEADY).replace("wandb.init(", 'wandb.init(project="p", id="r", config={"a": 1}, '),
    )
    query = '{ project(name: "p") { run(name: "r") { state stopped historyLineCount } } }'

    def run() -> dict[str, Any]:
        project = wandb_server.graphql(query)["project"]
        return dict((project and project["run"]) or {})

    wait_until(lambda: run().get("historyLineCount"), "the run logs")
    wandb_server.python('import wandb; wandb.Api().run("local/p/r").stop()')
    wait_until(lambda: run()["state"] == "finished", "the run ends")
    assert run()["historyLineCount"] < 200


def test_a_preempted_run_resumes_at_its_last_step(wandb_server: RunningServer) -> None:
    sweep = wandb_server.sweep({**PAIR, "parameters": {"a": {"values": [0.5]}}}, PREEMPTED)
    agent = wandb_server.eager_agent(sweep)
    assert agent.wait(timeout=120) == 0
    (row,) = wandb_server.rows(sweep)
    assert row["state"] == "finished"
    read = wandb_server.python(
        "import wandb\n"
        f'rows = wandb.Api().run("local/test/{row["id"]}").scan_history()\n'
        'print([row["at"] for row in rows])'
    )
    assert str(list(range(10))) in read


def test_agents_whose_trainers_always_die_give_up(tmp_path: Any) -> None:
    """With the agents' normal polling interval. Both run in parallel, since they mostly wait."""
    with running_server(tmp_path) as server:
        grid = server.sweep(PAIR, DIES_BEFORE_INIT)
        endless = server.sweep({**PAIR, "method": "random"}, DIES_BEFORE_INIT)
        agents = [
            server.agent(grid, log="grid.log"),
            server.agent(
                endless,
                *("--max-consecutive-failed-runs", "2"),
                log="endless.log",
                WANDB_AGENT_DISABLE_FLAPPING="true",
            ),
        ]
        for agent in agents:
            agent.wait(timeout=120)
        assert [row["state"] for row in server.rows(grid)] == ["failed", "failed"]
        states = [row["state"] for row in server.rows(endless)]
        assert "failed" in states
        assert len(states) in (2, 3)


def test_killing_the_server_loses_no_row(tmp_path: Any) -> None:
    data, work = tmp_path / "data", tmp_path / "work"
    server = start_server(data, work)
    port = int(server.url.rsplit(":", 1)[1])
    single = {key: value for key, value in PAIR.items() if key != "early_terminate"}
    sweep = server.sweep({**single, "parameters": {"a": {"values": [0.5]}}}, STEADY)
    agent = server.eager_agent(sweep, STEPS="60", PAUSE="0.1")
    wait_until(lambda: (row_of(server, sweep, 0.5).get("step") or 0) > 5, "the run logs")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    # Agent and run both send every second, so both notice that the server is gone.
    time.sleep(3)
    again = start_server(data, work, port=port)
    try:
        assert agent.wait(timeout=120) == 0
        (row,) = again.rows(sweep)
        assert (row["state"], row["logged"]) == ("finished", 60)
        read = again.python(
            "import wandb\n"
            f'rows = list(wandb.Api().run("local/test/{row["id"]}").scan_history())\n'
            'print([row["_step"] for row in rows] == list(range(60)))'
        )
        assert "True" in read
    finally:
        again.stop()


def test_a_silent_run_counts_as_crashed(tmp_path: Any) -> None:
    with running_server(tmp_path, "--crash-after", "3") as server:
        server.graphql('mutation { upsertBucket(input: {name: "r", modelName: "p"}) { inserted } }')
        query = '{ project(name: "p") { run(name: "r") { state } } }'
        wait_until(
            lambda: server.graphql(query)["project"]["run"]["state"] == "crashed", "the run is crashed", 30
        )
        status, _ = server.post("/files/local/p/r/file_stream", {})
        assert status == 200
        assert server.graphql(query)["project"]["run"]["state"] == "running"
