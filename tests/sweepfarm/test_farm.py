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
from click.testing import CliRunner

from agent.config.run import RunConfig
from agent.entrypoint import EXIT_BAD_CONFIG
from sweepfarm.cli import cli

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "sweep_config.yaml"
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
        "--seed",
        "3",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr

    latest = tmp_path / "runs" / "latest"
    result = json.loads((latest / "result.json").read_text())
    assert len(result["runs"]) == 4
    assert {run["state"] for run in result["runs"]} == {"finished"}
    assert yaml.safe_load((latest / "sweep.yaml").read_text())["parameters"]["seed"] == {"value": 45}
    for run in result["runs"]:
        assert run["stopped_early"] == (run["steps"] < 8)
        rows = [json.loads(line) for line in (latest / run["id"] / "metrics.jsonl").read_text().splitlines()]
        assert [row["train/global_step"] for row in rows] == list(range(1, run["steps"] + 1))
        assert run["objective"] == pytest.approx(
            [r["objective/score"] for r in rows if "objective/score" in r][-1]
        )
    temperatures = result["temperatures"]
    assert [row["temperature"] for row in temperatures] == [0.5, 0.8, 1.0, 1.2]
    assert {row["completions"] for row in temperatures} == {8 * 4}
    outcome = json.loads((latest / result["best_run"] / "outcome.json").read_text())
    for row in temperatures:
        name = f"temperature/{row['temperature']}/qc/pass_rate"
        pair = row["pass_rate"]
        assert (pair["starter"], pair["chosen"]) == (outcome[f"starter/{name}"], outcome[name])
    assert " ".join(result["temperature_statement"].split()) in " ".join(done.stdout.split())
    chosen = yaml.safe_load((latest / "chosen_config.yaml").read_text())
    chosen.pop("config_hash", None)
    assert RunConfig.from_params(chosen).max_steps == 8
    assert RunConfig.from_params(chosen).seed == 45
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


def test_a_sweep_file_or_bytes_given_to_train_are_a_wrong_configuration(tmp_path: Path) -> None:
    binary = tmp_path / "bin.yaml"
    binary.write_bytes(b"\xff\xfe")
    for file, says in ((MAIN, f"{MAIN} is a sweep file"), (binary, f"{binary} is not UTF-8 text")):
        result = CliRunner().invoke(cli, ["train", str(file)])
        assert result.exit_code == EXIT_BAD_CONFIG
        assert result.stderr.startswith(f"Error: {says}")
        assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("server", "--port", "99999"),
        ("server", "--port", "-1"),
        ("server", "--stop-grace", "-1"),
        ("server", "--crash-after", "0"),
        ("sweep", str(MAIN), "--port", "99999"),
    ],
)
def test_a_number_out_of_range_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert f"Invalid value for '{arguments[-2]}': {arguments[-1]}" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--small", "--overlay", "o.yaml"), "--small and --overlay each name a budget"),
        (("--before", "baseline"), "add --page"),
        (("--made-by", "make"), "add --page"),
    ],
)
def test_options_that_would_have_no_effect_are_refused(options: tuple[str, ...], says: str) -> None:
    result = CliRunner().invoke(cli, ["sweep", str(MAIN), *options])
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


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
