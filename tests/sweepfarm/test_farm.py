"""End to end: server, real `wandb sweep`, real agents, real training, report."""

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from agent.config.run import RunConfig

ROOT = Path(__file__).parents[2]
SWEEPFARM = [sys.executable, "-m", "sweepfarm"]


def environment() -> dict[str, str]:
    """The environment without W&B settings of the caller."""
    return {k: v for k, v in os.environ.items() if not k.startswith("WANDB_")}


@pytest.fixture(scope="module")
def overlay(tiny_starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An overlay with a budget of seconds: four runs of eight steps on the tiny starter."""
    path = tmp_path_factory.mktemp("overlay") / "tiny.yaml"
    parameters = {
        "model": str(tiny_starter),
        "max_steps": 8,
        "max_completion_length": 24,
        "train_prompts": 16,
        "eval_prompts": 8,
        "learning_rate_scale": 10.0,
    }
    content = {"run_cap": 4, "parameters": {name: {"value": value} for name, value in parameters.items()}}
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.slow
def test_one_command_runs_a_sweep_and_writes_a_chosen_configuration(overlay: Path, tmp_path: Path) -> None:
    command = [
        *SWEEPFARM,
        "sweep",
        "sweep_config.yaml",
        "--overlay",
        str(overlay),
        "--runs",
        str(tmp_path / "runs"),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

    latest = tmp_path / "runs" / "latest"
    result = json.loads((latest / "result.json").read_text())
    assert len(result["runs"]) == 4
    assert {run["state"] for run in result["runs"]} == {"finished"}
    for run in result["runs"]:
        assert run["stopped_early"] == (run["steps"] < 8)
        rows = [json.loads(line) for line in (latest / run["id"] / "metrics.jsonl").read_text().splitlines()]
        assert [row["train/global_step"] for row in rows] == list(range(1, run["steps"] + 1))
        assert run["objective"] == pytest.approx(
            [r["objective/score"] for r in rows if "objective/score" in r][-1]
        )
    chosen = yaml.safe_load((latest / "chosen_config.yaml").read_text())
    chosen.pop("config_hash", None)
    assert RunConfig.from_params(chosen).max_steps == 8
    assert result["chosen_config"] in done.stdout.replace("\n", "")
    page = Path(result["page"].removeprefix("file://"))
    assert page.read_text().lstrip().startswith("<!")
    key = (tmp_path / "runs" / "server" / "api_key").read_text().strip()
    assert key not in done.stdout + done.stderr
    for log in latest.glob("agent-*.log"):
        assert key not in log.read_text()


def test_a_taken_port_is_an_error_without_traceback(overlay: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [*SWEEPFARM, "sweep", "sweep_config.yaml", "--overlay", str(overlay)]
        command += ["--runs", str(tmp_path / "runs"), "--port", str(port)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs" / "latest").exists()


def test_a_bad_sweep_starts_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text((ROOT / "sweep_config.yaml").read_text().replace("top_p:", "top_q:"))
    command = [*SWEEPFARM, "sweep", str(bad), "--runs", str(tmp_path / "runs")]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "Error: unknown parameter `top_q`; did you mean `top_p`?"
    assert not (tmp_path / "runs").exists()


def test_a_full_disk_is_a_one_line_error_without_partial_files(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        command = [*SWEEPFARM, "train", "--set", "max_steps=1", "--out", str(disk / "run")]
        with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(b"x" * 4096)
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "No space left" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert not list((disk / "run").rglob("*"))
    finally:
        subprocess.run(["umount", disk], check=True)
