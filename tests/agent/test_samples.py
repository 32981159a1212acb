"""Held-out completions with their scores and messages, in files and in a table on the server."""

import json
from pathlib import Path

import numpy as np
import torch

from agent.config.run import RunConfig
from agent.training.objective.held_out import HeldOut
from agent.training.objective.samples import TABLE_ROWS, sample_rows, table
from agent.training.objective.sampling import Completions
from rewards.base import Evaluation
from rewards.compose import SuiteScores
from tests.agent.running import run
from tests.server_fixture import RunningServer

NAN = float("nan")


def held_out(count: int = 2) -> HeldOut:
    texts = [f"AC{'GT' * n}" for n in range(count)]
    ones = torch.ones(count, 3, dtype=torch.long)
    scores = SuiteScores(
        totals=np.array([0.5] * (count - 1) + [NAN]),
        components={"ori": np.array([0.5] * (count - 1) + [NAN])},
        weights={"ori": 1.0},
        evaluations={"ori": [Evaluation(0.5, "one origin")] * (count - 1) + [Evaluation(None, "too slow")]},
        unscored=1,
    )
    return HeldOut(
        7, {"reference": 0.5}, ["A"] * count, Completions(texts, ones, ones, 1, ones[:, 0] == 1), scores, None
    )


def test_rows_hold_score_and_message_of_each_component() -> None:
    scored, unscored = sample_rows(held_out())
    assert scored == {
        "step": 7,
        "prompt": "A",
        "completion": "AC",
        "reference": 0.5,
        "parts": {"ori": {"score": 0.5, "message": "one origin"}},
    }
    assert unscored["reference"] is None
    assert unscored["parts"] == {"ori": {"score": None, "message": "too slow"}}


def test_a_table_holds_only_the_first_rows() -> None:
    columns, data = table(sample_rows(held_out(40)))
    assert columns == ["step", "prompt", "completion", "reference", "ori", "explanation"]
    assert len(data) == TABLE_ROWS
    assert list(data[0]) == [7, "A", "AC", 0.5, 0.5, "ori: one origin"]


def test_a_run_writes_a_message_for_every_sample_and_logs_a_table_at_rungs(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    _, recorder = run(tiny_run, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert all(row["prompt"] and row["parts"]["ori"]["message"] for row in rows)
    assert [step for step, row in recorder.rows if "samples" in row] == [2, 4]
    assert recorder.rows[1][1]["samples"].data[0][1] == rows[8]["prompt"]


def test_the_table_and_the_findings_reach_the_server(shared_server: RunningServer) -> None:
    shared_server.python(
        """
import wandb
from pathlib import Path
from agent.health.finding import Finding
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
with wandb.init(project="tables", id="tabled") as run:
    sinks = Sinks(RunDirectory(Path("run"), {}), run)
    for step in (1, 2):
        row = ["ACGT", None, f"step {step}"]
        sinks.log(step, {"objective/score": 0.5}, {"samples": (["completion", "ori", "explanation"], [row])})
    warning = Finding("length shift", 1, "long")
    sinks.record([warning])
    sinks.record([warning, Finding("collapsed", 2, "alike")])
"""
    )
    read = shared_server.python(
        """
import json, wandb
run = wandb.Api().run("tables/tabled")
summary = run.summary
print(json.dumps([summary[k] for k in ("health/finding", "health/finding_step", "health/warnings")]))
tables = sorted((f for f in run.files() if "media/table/samples" in f.name), key=lambda f: f.name)
print(json.dumps([json.loads(f.download(root=f"t{n}").read())["data"] for n, f in enumerate(tables)]))
print(json.dumps([row["objective/score"] for row in run.scan_history(keys=["objective/score"])]))
"""
    )
    summary, tables, scores = map(json.loads, read.strip().splitlines()[-3:])
    assert summary == ["collapsed", 2, "length shift at step 1: long"]
    assert sorted(data[0][2] for data in tables) == ["step 1", "step 2"]
    assert scores == [0.5, 0.5]
    written = json.loads((shared_server.work / "run" / "findings.json").read_text())
    assert [(f["kind"], f["fatal"]) for f in written] == [("length shift", False), ("collapsed", True)]
