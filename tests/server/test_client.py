"""The real, unmodified client: `wandb sweep`, `wandb agent`, `wandb.init` and `wandb.Api`."""

import json
from typing import Any

import pytest

from tests.server.trainers import STEADY
from tests.server_fixture import RunningServer, wait_until

COMMAND = ["${env}", "${interpreter}", "${program}"]
GRID = {
    "method": "grid",
    "metric": {"name": "score", "goal": "maximize"},
    "command": COMMAND,
    "parameters": {"a": {"values": [0.1, 0.2]}, "net": {"parameters": {"layers": {"values": [1]}}}},
}


def test_two_agents_finish_a_sweep_and_the_api_reads_its_results(wandb_server: RunningServer) -> None:
    sweep = wandb_server.sweep_by_command(GRID, STEADY)
    agents = [wandb_server.agent(sweep, log=f"agent{i}.log") for i in range(2)]
    for agent in agents:
        assert agent.wait(timeout=120) == 0
    wait_until(lambda: all(r["state"] == "finished" for r in wandb_server.rows(sweep)), "all runs finished")
    read = wandb_server.python(
        f"""
import json, wandb
api = wandb.Api()
sweep = api.sweep("{sweep}")
best = sweep.best_run()
frames = {{run.id: run.history() for run in sweep.runs}}
print("READ" + json.dumps({{
    "state": sweep.state, "expected": sweep.expected_run_count, "best": best.config,
    "points": sorted([run.config["a"], run.config["net"]["layers"]] for run in sweep.runs),
    "states": [run.state for run in sweep.runs],
    "rows": [len(frame) for frame in frames.values()],
    "scanned": [row["loss"] for row in best.scan_history(keys=["loss"])],
    "whole": [row["_step"] for row in best.scan_history()],
    "sampled": best.history(keys=["loss"], pandas=False),
    "summary": [best.summary["score"], best.summary["outcome"]],
    "last": best.lastHistoryStep,
    "files": sorted(f.name for f in best.files()),
    "program": best.metadata["program"],
    "console": [line.content for line in best.console_logs()],
    "agents": [[len(list(agent.runs())), agent.state] for agent in sweep.agents()],
    "filtered": len(api.runs("local/test", filters={{"config.a": {{"$gt": 0.15}}}})),
    "ordered": [run.config["a"] for run in api.runs("local/test", order="-summary_metrics.score")],
    "projects": [project.name for project in api.projects("local")],
    "sweeps": [found.id for found in api.project("test", "local").sweeps()],
}}))
"""
    )
    found: dict[str, Any] = json.loads(read.split("READ")[1].splitlines()[0])
    assert found["state"] == "FINISHED"
    assert found["expected"] == 2
    assert found["best"]["a"] == 0.2
    assert found["points"] == [[0.1, 1], [0.2, 1]]
    assert found["states"] == ["finished"] * 2
    assert found["rows"] == [3] * 2
    assert found["scanned"] == [1, 0.5, 1 / 3]
    assert found["whole"] == [0, 1, 2]
    assert [row["loss"] for row in found["sampled"]] == [1, 0.5, 1 / 3]
    assert found["summary"] == [0.2, "finished"]
    assert found["last"] == 2
    assert {"config.yaml", "output.log", "wandb-metadata.json", "wandb-summary.json"} <= set(found["files"])
    assert found["program"].endswith("train.py")
    assert found["console"][:3] == ["step 0", "step 1", "step 2"]
    assert sum(count for count, _ in found["agents"]) == 2
    assert {state for _, state in found["agents"]} == {"FINISHED"}
    assert found["filtered"] == 1
    assert found["ordered"] == [0.2, 0.1]
    assert found["projects"] == ["test"]
    assert found["sweeps"] == [sweep.split("/")[-1]]


@pytest.mark.slow
def test_pause_resume_and_stop(wandb_server: RunningServer) -> None:
    endless = {**GRID, "method": "random", "parameters": {"a": {"min": 0.0, "max": 1.0}}}
    sweep = wandb_server.sweep_by_command(endless, STEADY)
    assert "Cannot pause pending sweep" in wandb_server.wandb("sweep", "--pause", sweep, ok=False)
    agent = wandb_server.eager_agent(sweep)
    wait_until(lambda: wandb_server.rows(sweep), "a first run")
    wandb_server.wandb("sweep", "--pause", sweep)
    wait_until(lambda: all(r["state"] == "finished" for r in wandb_server.rows(sweep)), "the run finished")
    paused_at = len(wandb_server.rows(sweep))
    assert agent.poll() is None
    wandb_server.wandb("sweep", "--resume", sweep)
    wait_until(lambda: len(wandb_server.rows(sweep)) > paused_at, "a run after resuming")
    wandb_server.wandb("sweep", "--stop", sweep)
    assert agent.wait(timeout=60) == 0
    assert {row["state"] for row in wandb_server.rows(sweep)} == {"finished"}


def test_a_bad_sweep_file_gets_a_clear_error(shared_server: RunningServer) -> None:
    bad = {"program": "train.py", "method": "random", "parameters": {"a": {"min": 2.0, "max": 1.0}}}
    (shared_server.work / "bad.yaml").write_text(json.dumps(bad), encoding="utf-8")
    printed = shared_server.wandb("sweep", "--project", "test", "bad.yaml", ok=False)
    assert "Invalid sweep config: parameter a: min 2.0 is above max 1.0" in printed


def test_a_sweep_can_be_updated_and_take_prior_runs(shared_server: RunningServer) -> None:
    shared_server.python(
        """
import wandb
with wandb.init(project="prior", id="before", config={"a": 0.1, "net": {"layers": 1}}) as run:
    run.log({"score": 0.5})
"""
    )
    (shared_server.work / "grid.yaml").write_text(json.dumps({"program": "t.py", **GRID}), encoding="utf-8")
    printed = shared_server.wandb("sweep", "--project", "prior", "-R", "before", "grid.yaml")
    sweep = printed.split("wandb agent ")[1].split()[0]
    (row,) = shared_server.rows(sweep)
    assert (row["id"], row["value"]) == ("before", 0.5)
    other = {**GRID, "metric": {"name": "score", "goal": "minimize"}, "name": "renamed", "program": "t.py"}
    (shared_server.work / "other.yaml").write_text(json.dumps(other), encoding="utf-8")
    shared_server.wandb("sweep", "--update", sweep, "other.yaml")
    head = shared_server.get(f"/page-data/sweeps/{sweep.split('/')[-1]}")
    assert (head["goal"], head["name"]) == ("minimize", "renamed")


def test_scans_are_complete_at_any_page_size_and_range(shared_server: RunningServer) -> None:
    read = shared_server.python(
        """
import wandb
with wandb.init(project="scan", id="scan") as run:
    for step in range(25):
        run.log({"x": step, **({"rare": step} if step % 10 == 0 else {})})
run = wandb.Api().run("local/scan/scan")
for options in ({}, {"page_size": 4}, {"page_size": 1}, {"min_step": 7, "max_step": 19, "page_size": 5}):
    for keys in (None, ["x"]):
        wanted = list(range(options.get("min_step", 0), options.get("max_step", 25)))
        assert [row["x"] for row in run.scan_history(keys=keys, **options)] == wanted, (options, keys)
assert [row["rare"] for row in run.scan_history(keys=["rare"], page_size=3)] == [0, 10, 20]
assert len(run.history(samples=5, keys=["x"])) == 5
print("complete")
"""
    )
    assert "complete" in read


def test_define_metric_config_update_tags_and_alert_work(shared_server: RunningServer) -> None:
    read = shared_server.python(
        """
import wandb
with wandb.init(project="extras", id="extras", tags=["x"], notes="n", group="g", job_type="j") as run:
    run.define_metric("loss", summary="min")
    for value in (3, 1, 2):
        run.log({"loss": value, "nested": {"deep": value}, "h": wandb.Histogram([1, 2, 3])})
    run.config.update({"later": {"deep": 1}})
    run.alert("title", "text")
run = wandb.Api().run("local/extras/extras")
print(run.summary["loss"], run.config, run.tags, run.notes, run.group, run.job_type)
run.tags.append("y"); run.config["edited"] = 2; run.update()
run.summary["verdict"] = "good"; run.summary.update()
run = wandb.Api().run("local/extras/extras")
print(run.tags, run.config["edited"], run.summary["verdict"], run.history(keys=["nested.deep"]).shape)
"""
    )
    assert "{'min': 1}" in read
    assert "{'later': {'deep': 1}} ['x'] n g j" in read
    assert "['x', 'y'] 2 good (3, 2)" in read


@pytest.mark.parametrize("mode", ["must", "never", "allow"])
def test_each_resume_mode_works_as_documented(shared_server: RunningServer, mode: str) -> None:
    script = f"""
import wandb
with wandb.init(project="resume", id="run-{mode}", resume="MODE") as run:
    print("starts at", run.starting_step)
    run.log({{"x": 1}}); run.log({{"x": 2}})
"""
    first = script.replace("MODE", mode)
    if mode == "must":
        shared_server.python(first, ok=False)
        first = script.replace("MODE", "allow")
    assert "starts at 0" in shared_server.python(first)
    again = shared_server.python(script.replace("MODE", mode), ok=mode != "never")
    assert ("starts at 2" in again) == (mode != "never")
