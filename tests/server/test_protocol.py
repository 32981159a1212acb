"""Details of the protocol that clients depend on, request by request."""

import json
from functools import partial
from typing import Any

import pytest

from tests.server.requests import beat, init, let_pass, new_agent, new_sweep, rows_from, state_of, stream
from tests.server_fixture import RunningServer, running_server, start_server, wait_until

RANDOM = {"method": "random", "metric": {"name": "score"}, "parameters": {"a": {"min": 0.0, "max": 1.0}}}


def test_an_unknown_root_field_is_an_error_and_an_unknown_leaf_is_null(shared_server: RunningServer) -> None:
    query = "mutation { inventedNextYear(input: {}) { thing { id } } }"
    status, answer = shared_server.post("/graphql", {"query": query})
    assert status == 200
    assert answer["data"] is None
    assert "inventedNextYear" in answer["errors"][0]["message"]
    data = shared_server.graphql("{ viewer { id inventedNextYear { deep } } }")
    assert data["viewer"]["inventedNextYear"] is None


def test_a_request_that_is_not_graphql_is_an_error(shared_server: RunningServer) -> None:
    status, answer = shared_server.post("/graphql", {"query": "{ viewer { id"})
    assert status == 200
    assert answer["errors"]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"name": {"$regex": "("}}, "invalid regular expression '('"),
        ({"$and": ["name"]}, "a filter must be a JSON object, not 'name'"),
        ({"name": {"$like": "x"}}, "unknown filter operator $like"),
    ],
)
def test_a_filter_that_cannot_be_applied_is_an_error(
    shared_server: RunningServer, filters: dict[str, Any], message: str
) -> None:
    init(shared_server, "filtered", "filters")
    query = (
        'query($f: JSONString) { project(name: "filters", entityName: "local") { runCount(filters: $f) } }'
    )
    status, answer = shared_server.post("/graphql", {"query": query, "variables": {"f": json.dumps(filters)}})
    assert status == 200
    assert message in answer["errors"][0]["message"]


def test_repeated_init_does_not_reset_preempting(shared_server: RunningServer) -> None:
    init(shared_server, "pre")
    stream(shared_server, "pre", preempting=True)
    assert init(shared_server, "pre", config="{}")["state"] == "preempting"


def test_repeated_rows_are_stored_once(shared_server: RunningServer) -> None:
    init(shared_server, "twice")
    for files in (rows_from(0, [1, 2, 3]), rows_from(0, [1, 2, 3]), rows_from(2, [3, 4])):
        stream(shared_server, "twice", files=files)
    query = '{ project(name: "p") { run(name: "twice") { historyLineCount history(samples: 100) } } }'
    run = shared_server.graphql(query)["project"]["run"]
    assert run["historyLineCount"] == 4
    assert [json.loads(line)["score"] for line in run["history"]] == [1, 2, 3, 4]


def test_a_step_logged_again_replaces_the_old_row(shared_server: RunningServer) -> None:
    """Happens when a folder is synced twice, or when a trainer restarts under the same id."""
    sweep = new_sweep(shared_server, RANDOM)
    (command,) = beat(shared_server, new_agent(shared_server, sweep))
    run = command["run_id"]
    init(shared_server, run)
    stream(shared_server, run, files=rows_from(0, [1, 2, 3]))
    lines = [json.dumps({"score": 10 + step, "_step": step}) for step in (1, 2, 3, 3)]
    stream(shared_server, run, files={"wandb-history.jsonl": {"offset": 3, "content": lines}})
    query = (
        'query($r: String!) { project(name: "p") { run(name: $r) { historyKeys history(samples: 100) } } }'
    )
    found = shared_server.graphql(query, r=run)["project"]["run"]
    assert [json.loads(line)["score"] for line in found["history"]] == [1, 11, 12, 13]
    assert found["historyKeys"]["keys"]["score"]["typeCounts"][0]["count"] == 4
    (row,) = shared_server.rows(sweep)
    assert (row["logged"], row["value"], row["step"]) == (4, 13, 3)


def test_each_field_is_json_text_or_an_object_as_clients_expect(
    shared_server: RunningServer,
) -> None:
    init(shared_server, "shapes", config='{"a": {"value": 1}, "_wandb": {"value": {"t": {"1": [1]}}}}')
    stream(
        shared_server,
        "shapes",
        files={**rows_from(0, [1.0]), "wandb-summary.json": {"offset": 0, "content": ['{"score": 1.0}']}},
    )
    run = shared_server.graphql(
        'query($s: [JSONString!]!) { model(name: "p") { bucket(name: "shapes", missingOk: true) {'
        ' config summaryMetrics historyTail eventsTail wandbConfig(keys: ["t"]) historyKeys'
        " sampledHistory(specs: $s) parquetHistory(liveKeys: []) { parquetUrls liveData } } } }",
        s=[json.dumps({"keys": ["score"]})],
    )["model"]["bucket"]
    assert json.loads(run["config"])["a"] == {"value": 1}
    assert json.loads(run["summaryMetrics"]) == {"score": 1.0}
    assert [json.loads(line) for line in json.loads(run["historyTail"])] == [{"score": 1.0, "_step": 0}]
    assert json.loads(run["eventsTail"]) == []
    assert json.loads(run["wandbConfig"]) == {"t": {"1": [1]}}
    assert run["historyKeys"]["lastStep"] == 0
    assert run["sampledHistory"] == [[{"score": 1.0}]]
    assert run["parquetHistory"] == {"parquetUrls": [], "liveData": [{"_step": 0}]}


def test_every_suggested_value_is_plain_json(shared_server: RunningServer) -> None:
    parameters = {
        "q": {"distribution": "q_uniform", "min": 8, "max": 64, "q": 8},
        "l": {"distribution": "q_log_uniform_values", "min": 8, "max": 512, "q": 8},
        "n": {"distribution": "q_normal", "mu": 0, "sigma": 3, "q": 1},
        "i": {"min": 1, "max": 9},
    }
    sweep = new_sweep(shared_server, {**RANDOM, "parameters": parameters})
    (command,) = beat(shared_server, new_agent(shared_server, sweep))
    assert {type(arg["value"]) for arg in command["args"].values()} == {int}


def test_an_agent_that_repeats_its_request_gets_the_same_run(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, RANDOM)
    agent = new_agent(shared_server, sweep)
    (first,) = beat(shared_server, agent)
    (second,) = beat(shared_server, agent)
    assert first == second
    assert len(shared_server.rows(sweep)) == 1


def test_a_run_that_is_never_started_fails_after_three_answers(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, RANDOM)
    agent = new_agent(shared_server, sweep)
    handed_out = [beat(shared_server, agent)[0]["run_id"] for _ in range(5)]
    assert handed_out[0] == handed_out[2] != handed_out[3]
    assert state_of(shared_server, sweep, handed_out[0]) == "failed"


def test_an_agent_gets_the_same_run_again_after_a_server_restart(tmp_path: Any) -> None:
    server = start_server(tmp_path / "data", tmp_path / "work")
    sweep = new_sweep(server, RANDOM)
    agent = new_agent(server, sweep)
    (first,) = beat(server, agent)
    server.process.kill()
    server.process.wait()
    server = start_server(tmp_path / "data", tmp_path / "work")
    try:
        let_pass(server, 4.5)
        assert beat(server, agent) == [first]
    finally:
        server.stop()


def test_a_run_that_is_not_started_in_time_is_failed(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, RANDOM)
    agent = new_agent(shared_server, sweep)
    (first,) = beat(shared_server, agent)
    let_pass(shared_server, 5)
    (second,) = beat(shared_server, agent)
    assert second["run_id"] != first["run_id"]
    assert state_of(shared_server, sweep, first["run_id"]) == "failed"


def test_a_run_that_the_agent_no_longer_reports_is_crashed(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, RANDOM)
    agent = new_agent(shared_server, sweep)
    (first,) = beat(shared_server, agent)
    init(shared_server, first["run_id"])
    beat(shared_server, agent, first["run_id"])
    beat(shared_server, agent)
    assert state_of(shared_server, sweep, first["run_id"]) == "crashed"


def test_a_preempted_run_is_resumed_under_its_own_id(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, {**RANDOM, "run_cap": 1})
    agent = new_agent(shared_server, sweep)
    (first,) = beat(shared_server, agent)
    run = first["run_id"]
    init(shared_server, run)
    beat(shared_server, agent, run)
    stream(shared_server, run, files=rows_from(0, [1.0]), preempting=True)
    stream(shared_server, run, complete=True, exitcode=3)
    assert state_of(shared_server, sweep, run) == "preempted"
    other = new_agent(shared_server, sweep)
    assert beat(shared_server, other) == [{**first, "type": "resume"}]
    assert init(shared_server, run)["historyLineCount"] == 1


def test_a_heartbeat_of_an_unknown_agent_is_http_404(shared_server: RunningServer) -> None:
    query = 'mutation { agentHeartbeat(input: {id: "nobody", runState: "{}"}) { commands } }'
    assert shared_server.post("/graphql", {"query": query})[0] == 404


def test_the_run_cap_ends_the_sweep(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, {**RANDOM, "run_cap": 1})
    first, second = new_agent(shared_server, sweep), new_agent(shared_server, sweep)
    (command,) = beat(shared_server, first)
    assert beat(shared_server, second) == [{"type": "exit"}]
    init(shared_server, command["run_id"])
    beat(shared_server, first, command["run_id"])
    stream(shared_server, command["run_id"], complete=True, exitcode=0)
    assert beat(shared_server, first) == [{"type": "exit"}]
    assert shared_server.get(f"/page-data/sweeps/{sweep}")["state"] == "FINISHED"


def test_grid_under_concurrent_agents_is_complete_and_without_repeats(shared_server: RunningServer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    config = {"method": "grid", "parameters": {"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}}}
    sweep = new_sweep(shared_server, config)
    agents = [new_agent(shared_server, sweep) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda agent: beat(shared_server, agent)[0], agents))
    points = [(c["args"]["a"]["value"], c["args"]["b"]["value"]) for c in answers if c["type"] == "run"]
    assert sorted(points) == [(a, b) for a in (1, 2, 3) for b in ("x", "y")]
    assert sum(c["type"] == "exit" for c in answers) == 2


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_equal_seeds_give_equal_points(tmp_path: Any, method: str) -> None:
    def drawn(folder: str, seed: int) -> list[Any]:
        with running_server(tmp_path / folder, "--seed", str(seed)) as server:
            agent = new_agent(server, new_sweep(server, {**RANDOM, "method": method}))
            points = []
            for _ in range(12):
                (command,) = wait_until(partial(beat, server, agent), "a run")
                points.append(command["args"])
                init(server, command["run_id"])
                files = rows_from(0, [command["args"]["a"]["value"]])
                stream(server, command["run_id"], files=files, complete=True, exitcode=0)
            return points

    first = drawn("first", 7)
    assert drawn("again", 7) == first
    assert drawn("other", 8) != first


def test_hyperband_stops_a_run_in_the_answer_to_its_bad_value(shared_server: RunningServer) -> None:
    config = {
        **RANDOM,
        "metric": {"name": "score", "goal": "maximize"},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 3},
    }
    sweep = new_sweep(shared_server, config)
    runs = []
    for value in (0.9, 0.5):
        (command,) = beat(shared_server, new_agent(shared_server, sweep))
        runs.append(command["run_id"])
        init(shared_server, runs[-1])
        assert stream(shared_server, runs[-1], files=rows_from(0, [value])) == {"stopped": False}
    assert stream(shared_server, runs[0], files=rows_from(1, [0.9])) == {"stopped": False}
    assert stream(shared_server, runs[1], files=rows_from(1, [0.5])) == {"stopped": True}
    row = next(row for row in shared_server.rows(sweep) if row["id"] == runs[1])
    assert (row["stopped"], row["rung"]) == ("hyperband", 2)
    assert "score 0.5 is below 0.9, the worst value that survives among 2 runs" in row["why"]
    stream(shared_server, runs[1], complete=True, exitcode=0)
    assert state_of(shared_server, sweep, runs[1]) == "finished"
    query = 'query($r: String!) { project(name: "p") { run(name: $r) { summaryMetrics } } }'
    summary = json.loads(shared_server.graphql(query, r=runs[1])["project"]["run"]["summaryMetrics"])
    assert summary["_sweepfarm/stop_kind"] == "hyperband"
    assert (summary["_sweepfarm/stop_rung"], summary["_sweepfarm/stop_step"]) == (2, 1)


def test_a_repeated_request_does_not_count_twice_for_hyperband(shared_server: RunningServer) -> None:
    config = {**RANDOM, "early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 3}}
    sweep = new_sweep(shared_server, config)
    (command,) = beat(shared_server, new_agent(shared_server, sweep))
    init(shared_server, command["run_id"])
    for _ in range(4):
        stream(shared_server, command["run_id"], files=rows_from(0, [1.0]))
    (row,) = shared_server.rows(sweep)
    assert (row["logged"], row["rung"]) == (1, None)


def test_only_finite_numbers_count_as_iterations(shared_server: RunningServer) -> None:
    sweep = new_sweep(shared_server, RANDOM)
    (command,) = beat(shared_server, new_agent(shared_server, sweep))
    init(shared_server, command["run_id"])
    lines = ['{"score": "NaN"}', '{"score": NaN}', '{"score": true}', '{"other": 1}', '{"score": 2}']
    stream(shared_server, command["run_id"], files={"wandb-history.jsonl": {"offset": 0, "content": lines}})
    (row,) = shared_server.rows(sweep)
    assert (row["logged"], row["value"]) == (1, 2.0)


def test_reaching_the_target_ends_the_sweep(shared_server: RunningServer) -> None:
    sweep = new_sweep(
        shared_server, {**RANDOM, "metric": {"name": "score", "goal": "maximize", "target": 0.9}}
    )
    (command,) = beat(shared_server, new_agent(shared_server, sweep))
    init(shared_server, command["run_id"])
    stream(shared_server, command["run_id"], files=rows_from(0, [0.95]))
    assert shared_server.get(f"/page-data/sweeps/{sweep}")["state"] == "FINISHED"


def test_malformed_streams_are_refused_and_change_nothing(shared_server: RunningServer) -> None:
    init(shared_server, "bad")
    for files in (
        {"wandb-history.jsonl": {"offset": -1, "content": []}},
        {"wandb-history.jsonl": {"offset": 0, "content": ["{"]}},
        {"wandb-history.jsonl": {"offset": 0, "content": ["[]"]}},
        {"wandb-history.jsonl": {"offset": 0}},
    ):
        status, _ = shared_server.post("/files/local/p/bad/file_stream", {"files": files})
        assert status == 400
    assert init(shared_server, "bad")["historyLineCount"] == 0
