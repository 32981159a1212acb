"""Assignment of runs to agents: orphans, requeued crashed runs, enqueued runs, sweeps without agents."""

import json
import sqlite3
from typing import Any

from server.control.orphans import DEAD_AFTER, host_is_taken
from server.control.scheduler import Scheduler
from server.control.suggestions import Suggestions
from server.settings import ServerSettings
from server.storage.database import DATABASE, Database
from server.storage.records.agents import create_agent
from server.storage.records.projects import ensure_project
from server.storage.records.runs import create_run, find_run, run_by_id, update_run
from server.storage.records.sweeps import create_sweep, sweep_by_id
from tests.server.requests import beat, init, let_pass, new_agent, new_sweep, rows_from, state_of, stream
from tests.server_fixture import RunningServer

RANDOM = {"method": "random", "metric": {"name": "score"}, "parameters": {"a": {"min": 0.0, "max": 1.0}}}


def enqueue(server: RunningServer, sweep: str, config: dict[str, Any]) -> str:
    sweep_id = server.graphql(
        'query($s: String!) { project(name: "p") { sweep(sweepName: $s) { id } } }', s=sweep
    )["project"]["sweep"]["id"]
    data = server.graphql(
        "mutation($i: ID!, $c: JSONString!) { enqueueSweepRun(input: {id: $i, config: $c}) { id } }",
        i=sweep_id,
        c=json.dumps(config),
    )
    return str(data["enqueueSweepRun"]["id"])


def test_enqueued_runs_come_before_suggested_ones_and_count_towards_the_cap(
    shared_server: RunningServer,
) -> None:
    sweep = new_sweep(shared_server, {**RANDOM, "run_cap": 2})
    chosen = [enqueue(shared_server, sweep, {"a": value}) for value in (0.25, 0.5, 0.75)]
    agent = new_agent(shared_server, sweep)
    for run, value in zip(chosen[:2], (0.25, 0.5), strict=True):
        (command,) = beat(shared_server, agent)
        assert (command["run_id"], command["args"]) == (run, {"a": {"value": value}})
        init(shared_server, run)
        stream(shared_server, run, files=rows_from(0, [1.0]), complete=True, exitcode=0)
    assert beat(shared_server, agent) == [{"type": "exit"}]


def test_a_crashed_run_is_requeued_as_often_as_the_sweep_allows(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, {**RANDOM, "run_cap": 1, "requeue_crashed": 1})
    agent = new_agent(shared_server, sweep)
    (first,) = beat(shared_server, agent)
    run = first["run_id"]
    for attempt, state in enumerate(("preempted", "crashed")):
        init(shared_server, run)
        stream(shared_server, run, files=rows_from(attempt, [1.0]))
        beat(shared_server, agent, run)
        answer = beat(shared_server, agent)
        if state == "preempted":
            assert answer == [{**first, "type": "resume"}]
        else:
            assert answer == [{"type": "exit"}]
    assert state_of(shared_server, sweep, run) == "crashed"


def test_no_run_is_stopped_before_min_runs_have_reached_the_rung(shared_server: RunningServer) -> None:
    stop = {"type": "hyperband", "min_iter": 1, "eta": 3, "min_runs": 3}
    sweep = new_sweep(shared_server, {**RANDOM, "early_terminate": stop})
    answers = []
    for value in (1.0, 2.0, 3.0):
        (command,) = beat(shared_server, new_agent(shared_server, sweep))
        init(shared_server, command["run_id"])
        answers.append(stream(shared_server, command["run_id"], files=rows_from(0, [value]))["stopped"])
    assert answers == [False, False, True]


def test_a_new_agent_waits_for_a_silent_agent_on_the_same_host(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, RANDOM)
    first = new_agent(shared_server, sweep, "machine")
    (command,) = beat(shared_server, first)
    init(shared_server, command["run_id"])
    beat(shared_server, first, command["run_id"])
    let_pass(shared_server, 2.6)
    second = new_agent(shared_server, sweep, "machine")
    assert beat(shared_server, second) == []
    assert beat(shared_server, new_agent(shared_server, sweep, "elsewhere")) != []
    beat(shared_server, first, command["run_id"])
    assert beat(shared_server, second)[0]["type"] == "run"


class Farm:
    """A scheduler with a database of its own."""

    def __init__(self, tmp_path: Any) -> None:
        self.settings = ServerSettings(data=tmp_path)
        self.database = Database(tmp_path / DATABASE)
        self.suggestions = Suggestions(self.database, 0)
        self.scheduler = Scheduler(self.settings, self.suggestions, "boot")

    def close(self) -> None:
        self.suggestions.close()
        self.database.close()


def test_a_new_agent_waits_until_an_orphaned_run_has_stopped(tmp_path: Any) -> None:
    farm = Farm(tmp_path)

    def work(db: sqlite3.Connection) -> None:
        project = ensure_project(db, "local", "p")
        sweep = create_sweep(db, project["id"], json.dumps(RANDOM))
        old, new = (create_agent(db, sweep["id"], "machine") for _ in range(2))
        run = create_run(
            db, project["id"], "r", sweep_id=sweep["id"], agent_id=old["id"], started_at=1.0, assigned_at=1.0
        )
        now = old["heartbeat_at"] + DEAD_AFTER + 1
        # A heartbeat missed during downtime of the server does not make a run an orphan.
        assert not host_is_taken(db, new, now, 120, unreachable_until=now - 1)
        untouched = run_by_id(db, run["id"])
        assert untouched is not None
        assert untouched["stop_requested_at"] is None
        assert host_is_taken(db, new, now, 120)
        asked = run_by_id(db, run["id"])
        assert asked is not None
        assert (asked["stop_kind"], asked["stop_reason"]) == ("orphan", "its agent on machine has died")
        assert host_is_taken(db, new, asked["stop_requested_at"] + 119, 120)
        assert not host_is_taken(db, new, asked["stop_requested_at"] + 121, 120)
        update_run(db, run["id"], state="killed")
        assert not host_is_taken(db, new, now, 120)

    farm.database.write(work)
    farm.close()


def test_a_sweep_without_agents_is_finished_at_its_cap_and_pending_below(tmp_path: Any) -> None:
    farm = Farm(tmp_path)

    def work(db: sqlite3.Connection) -> None:
        project = ensure_project(db, "local", "p")
        for cap, expected in ((1, "FINISHED"), (2, "PENDING")):
            config = json.dumps({**RANDOM, "run_cap": cap})
            sweep = create_sweep(db, project["id"], config, state="RUNNING")
            agent = create_agent(db, sweep["id"], f"host-{cap}")
            (command,) = farm.scheduler.heartbeat(db, agent["name"], {})
            run = find_run(db, project["id"], command["run_id"])
            assert run is not None
            update_run(db, run["id"], state="finished")
            farm.scheduler.all_agents_left(db, sweep)
            after = sweep_by_id(db, sweep["id"])
            assert after is not None
            assert after["state"] == expected

    farm.database.write(work)
    farm.close()
