"""Older versions of the client, each in a virtual environment of its own."""

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

from tests.server.trainers import PLAIN
from tests.server_fixture import RunningServer, wait_until

pytestmark = pytest.mark.slow

CACHE = Path(os.environ.get("SWEEPFARM_CACHE", Path.home() / ".cache")) / "sweepfarm-clients"
GRID = {
    "method": "grid",
    "metric": {"name": "score", "goal": "maximize"},
    "command": ["${env}", "${interpreter}", "${program}"],
    "parameters": {"a": {"values": [0.1, 0.2]}},
}


def client(version: str) -> Path:
    """Return the `bin` folder of an environment with this version, which is created at first use."""
    home = CACHE / version
    programs = home / "bin"
    if not (programs / "wandb").exists():
        venv.create(home, with_pip=True, clear=True)
        install = [str(programs / "pip"), "install", "--quiet", f"wandb=={version}", "setuptools"]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"wandb {version} cannot be installed here: {done.stderr.strip()[-200:]}")
    return programs


@pytest.mark.parametrize("version", ["0.26.1", "0.22.3"])
def test_an_older_client_can_run_a_complete_sweep(shared_server: RunningServer, version: str) -> None:
    programs = client(version)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    project = f"old-{version.replace('.', '-')}"
    work = shared_server.work
    (work / "train.py").write_text(PLAIN, encoding="utf-8")
    (work / "sweep.yaml").write_text(json.dumps({"program": "train.py", **GRID}))

    def run(*command: str) -> str:
        done = subprocess.run(
            command,
            cwd=work,
            env=shared_server.env(PATH=path),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    printed = run(str(programs / "wandb"), "sweep", "--project", project, "sweep.yaml")
    sweep = printed.split("wandb agent ")[1].split()[0]
    run(str(programs / "python"), "-m", "tests.eager_agent", "agent", sweep)
    wait_until(lambda: all(r["state"] == "finished" for r in shared_server.rows(sweep)), "all runs end")
    assert sorted(row["value"] for row in shared_server.rows(sweep)) == [0.1, 0.2]
    read = run(
        str(programs / "python"),
        "-c",
        f"""
import pathlib, wandb
assert wandb.__version__ == "{version}"
with wandb.init(project="{project}", id="media") as run:
    run.log({{"samples": wandb.Table(columns=["a"], data=[[1], [2]]), "x": 1}})
    pathlib.Path("note.txt").write_text("{version}")
    artifact = wandb.Artifact("notes", type="text")
    artifact.add_file("note.txt")
    run.log_artifact(artifact, aliases=["mine"])
with wandb.init(project="{project}", id="reader", resume="allow") as run:
    folder = run.use_artifact("notes:mine").download(root="old-{version}")
    print("NOTE", (pathlib.Path(folder) / "note.txt").read_text())
api = wandb.Api()
sweep = api.sweep("{sweep}")
print("BEST", sweep.best_run().config["a"], sorted(len(list(r.scan_history())) for r in sweep.runs))
print("HISTORY", len(sweep.runs[0].history(keys=["loss"], pandas=False)))
print("FILES", "output.log" in [f.name for f in sweep.runs[0].files()])
""",
    )
    for line in (f"NOTE {version}", "BEST 0.2 [3, 3]", "HISTORY 3", "FILES True"):
        assert line in read, read
