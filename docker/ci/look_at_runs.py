"""`python - COUNT STATE...` in a container: checks that a farm has COUNT complete runs in these states."""

import json
import os
import sys
from pathlib import Path

import wandb
import yaml

from agent.config.run import RunConfig
from sweepfarm.machine.endpoint import point_at_server
from sweepfarm.running.registered import latest

point_at_server(os.environ)
count, states = int(sys.argv[1]), set(sys.argv[2:])
folder = Path("/runs/latest")
sweep = wandb.Api().sweep(latest(Path("/runs")))
runs = list(sweep.runs)
assert len(runs) == count, f"{len(runs)} runs, not {count}"
assert sweep.state == "FINISHED", sweep.state
for run in runs:
    run.load(force=True)
    assert run.state in states, f"run {run.id} is {run.state}"
    if run.state != "finished":
        continue
    # The steps in the run directory, and those on the server.
    lines = (folder / run.id / "metrics.jsonl").read_text().splitlines()
    written = [json.loads(line)["train/global_step"] for line in lines]
    served = [row["train/global_step"] for row in run.scan_history(keys=["train/global_step"])]
    assert written == list(range(1, len(written) + 1)), f"run {run.id} wrote steps {written}"
    assert sorted(set(served)) == written, f"run {run.id}: of {len(written)} steps the server has {served}"
    print(f"{run.id}: {run.state}, {len(written)} steps, {run.summary.get('outcome')}")
result = json.loads((folder / "result.json").read_text())
assert len(result["runs"]) == count
RunConfig.from_params(yaml.safe_load((folder / "chosen_config.yaml").read_text()))
