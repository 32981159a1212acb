"""Registering a sweep for agents elsewhere, and waiting for its end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sweepfarm.errors import UserError
from sweepfarm.running.registered import latest, named_or_latest, set_latest
from tests.analysis.program import STEPS
from tests.server_fixture import RunningServer, wait_until

ROOT = Path(__file__).parents[2]


def sweepfarm(server: RunningServer, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command that knows only the server's data folder."""
    environment = server.env(SWEEPFARM_SERVER=str(server.data), **env)
    del environment["WANDB_API_KEY"], environment["WANDB_BASE_URL"]
    command = [sys.executable, "-m", "sweepfarm", *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_latest_sweep_is_the_last_one_set(tmp_path: Path) -> None:
    assert latest(tmp_path) is None
    for sweep in ("me/plasmid/one", "me/plasmid/two", "me/plasmid/two"):
        assert set_latest(tmp_path, sweep) == tmp_path / sweep.rsplit("/", 1)[1]
        assert latest(tmp_path) == sweep
    assert (tmp_path / "latest").resolve() == tmp_path / "two"


def test_a_named_sweep_overrides_the_latest(tmp_path: Path) -> None:
    set_latest(tmp_path, "me/plasmid/one")
    assert named_or_latest("me/plasmid/two", tmp_path) == "me/plasmid/two"
    assert named_or_latest(" ", tmp_path) == "me/plasmid/one"
    with pytest.raises(UserError, match="no sweep is named, and none was registered in"):
        named_or_latest("", tmp_path / "elsewhere")


@pytest.mark.slow
def test_an_unchanged_sweep_is_registered_only_once(
    shared_server: RunningServer, tiny_starter: Path, tmp_path: Path
) -> None:
    overlay = tmp_path / "overlay.yaml"
    content = {"run_cap": 2, "parameters": {"model": {"value": str(tiny_starter)}}}
    overlay.write_text(yaml.safe_dump(content))
    runs = tmp_path / "runs"

    def register() -> str:
        done = sweepfarm(
            shared_server,
            "register",
            "sweep_config.yaml",
            OVERLAY=str(overlay),
            SWEEPFARM_RUNS=str(runs),
            SWEEPFARM_PAGE="http://127.0.0.1:1",
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert shared_server.key not in done.stdout + done.stderr
        path = latest(runs)
        assert path is not None
        entity, project, name = path.split("/")
        assert f"sweep: {path}\n" in done.stdout
        assert f"watch: http://127.0.0.1:1/{entity}/{project}/sweeps/{name}\n" in done.stdout
        return path

    first = register()
    assert yaml.safe_load((runs / "latest" / "sweep.yaml").read_text())["run_cap"] == 2
    assert register() == first
    overlay.write_text(yaml.safe_dump({**content, "run_cap": 3}))
    second = register()
    assert second != first
    # The latest sweep has the same content, but was registered on another server.
    gone = set_latest(runs, "local/plasmid-grpo-sweeps/gone")
    (runs / second.rsplit("/", 1)[1] / "sweep.yaml").rename(gone / "sweep.yaml")
    assert register().rsplit("/", 1)[1] not in {"gone", second.rsplit("/", 1)[1]}


@pytest.mark.slow
def test_follow_waits_for_the_end_of_a_sweep_and_reports_it(
    shared_server: RunningServer, tmp_path: Path
) -> None:
    sweep = {"method": "grid", "metric": {"name": "objective/score", "goal": "maximize"}}
    program = (Path(__file__).parents[1] / "analysis" / "program.py").read_text()
    path = shared_server.sweep({**sweep, "parameters": {"lr": {"values": [0.5, 1.0]}}}, program)
    command = (sys.executable, "-m", "sweepfarm", "follow", "--runs", str(tmp_path))
    follower = shared_server.start(
        *command, log="follow.log", SWEEP_ID=path, SWEEPFARM_CACHE=str(tmp_path / "cache")
    )
    log = shared_server.work / "follow.log"
    wait_until(lambda: "no runs yet" in log.read_text(), "it looks at the sweep")
    assert follower.poll() is None
    assert shared_server.eager_agent(path).wait(timeout=200) == 0
    assert follower.wait(timeout=200) == 0, log.read_text()
    assert f"{path}: finished; 2 finished" in log.read_text()
    result = json.loads((tmp_path / "latest" / "result.json").read_text())
    assert [run["steps"] for run in result["runs"]] == [STEPS, STEPS]
    assert (tmp_path / "latest" / "chosen_config.yaml").is_file()
    assert latest(tmp_path) == path
