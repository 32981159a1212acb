"""`python - COUNT STATE...`, in a container of the farm: is every run there and whole?"""

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
    # The steps that the run wrote to its directory, and those that the server acknowledged.
    lines = (folder / run.id / "metrics.jsonl").read_text().splitlines()
    own = [json.loads(line)["train/global_step"] for line in lines]
    served = [row["train/global_step"] for row in run.scan_history(keys=["train/global_step"])]
    assert own == list(range(1, len(own) + 1)), f"run {run.id} wrote steps {own}"
    assert sorted(set(served)) == own, f"run {run.id}: of {len(own)} steps the server has {served}"
    print(f"{run.id}: {run.state}, {len(own)} steps, {run.summary.get('outcome')}")
result = json.loads((folder / "result.json").read_text())
assert len(result["runs"]) == count
RunConfig.from_params(yaml.safe_load((folder / "chosen_config.yaml").read_text()))
