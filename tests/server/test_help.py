"""The commands in the help text work as written."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from server.search.space import parse_sweep_config
from tests.server.trainers import PLAIN
from tests.server_fixture import BIN, ROOT, wait_until


def help_text() -> str:
    command = [sys.executable, "-m", "sweepfarm", "server", "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def commands(text: str) -> list[str]:
    """The lines of the help text that are commands to type."""
    words = r"(export|unset|wandb|cp|sweepfarm) "
    return [line.strip() for line in text.splitlines() if re.match(rf" +{words}", line) and len(line) < 90]


def test_the_example_is_on_a_line_of_its_own() -> None:
    lines = help_text().splitlines()
    at = lines.index("  Example:")
    assert lines[at + 1] == "    sweepfarm server --port 8085 --data runs/server"


def test_the_sweep_keys_of_the_help_can_be_copied_into_a_sweep_file() -> None:
    keys = re.findall(r'"(\w+: [^"]+)"', " ".join(help_text().split()))
    known = {"requeue_crashed", "early_terminate", "sampler", "first_points"}
    assert {key.partition(":")[0] for key in keys} == known
    sweep = {"method": "bayes", "metric": {"name": "m"}, "parameters": {"beta": {"min": 0.0, "max": 1.0}}}
    for key in keys:
        parse_sweep_config({**sweep, **yaml.safe_load(key)})


@pytest.mark.slow
def test_the_commands_of_the_help_run_a_sweep_a_backup_and_a_sync(tmp_path: Path) -> None:
    found = commands(help_text())
    start = next(line for line in found if line.startswith("sweepfarm server"))
    first = found.index(next(line for line in found if line.startswith("export")))
    copy = next(line for line in found if line.startswith("cp"))
    sync = next(line for line in found if line.startswith("wandb sync"))
    (tmp_path / "train.py").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "sweep.yaml").write_text(
        "program: train.py\nmethod: grid\nparameters: {a: {values: [1]}}\n"
        'command: ["${env}", "${interpreter}", "${program}"]\n',
        encoding="utf-8",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    env = {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "WANDB_ERROR_REPORTING": "false"}
    server = subprocess.Popen(
        start.replace("8085", "0").replace("sweepfarm", "exec sweepfarm", 1),
        shell=True,
        cwd=tmp_path,
        env=env,
    )
    try:
        wait_until(lambda: (tmp_path / "runs/server/url").exists(), "the server is ready")
        steps = "\n".join(found[first : first + 3])
        shell = ["bash", "-e", "-c"]
        done = subprocess.run(
            [*shell, f"{steps} 2>&1"], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
        )
        sweep = done.stdout.split("wandb agent ")[1].split()[0]
        agent = found[first + 3].replace("demo/SWEEP_ID", sweep.split("/", 1)[1])
        variables = "\n".join(found[first : first + 2])
        subprocess.run([*shell, f"{variables}\n{agent}"], cwd=tmp_path, env=env, check=True)
        assert stat.S_IMODE((tmp_path / "runs/server/api_key").stat().st_mode) == 0o600
        # Another server stands in for W&B. Syncing needs only the folder that the client kept.
        other = subprocess.Popen(
            "exec sweepfarm server --port 0 --data other", shell=True, cwd=tmp_path, env=env
        )
        try:
            wait_until(lambda: (tmp_path / "other/url").exists(), "the other server is ready")
            there = variables.replace("runs/server", "other")
            subprocess.run([*shell, f"{there}\n{sync}"], cwd=tmp_path, env=env, check=True)
            read = (
                "import wandb; (run,) = wandb.Api().runs('local/demo'); print(len(list(run.scan_history())))"
            )
            rows = subprocess.run(
                [*shell, f'{there}\npython -c "{read}"'],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                text=True,
                check=True,
            )
            assert rows.stdout.strip() == "3"
        finally:
            other.terminate()
            other.wait(timeout=30)
    finally:
        server.terminate()
        server.wait(timeout=30)
    subprocess.run(copy, shell=True, cwd=tmp_path, check=True)
    assert {"sweepfarm.sqlite", "files", "backup", "api_key"} <= {
        entry.name for entry in (tmp_path / "server-backup").iterdir()
    }
    assert shutil.which("wandb", path=path)
