"""The benchmarks on curves of runs: health reaches its required rates, and the reference is to search by."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from agent.health.checks import HealthLimits
from agent.health.finding import KINDS
from benchmarks.curves.corpus import Case, recorded
from benchmarks.health import play

ROOT = Path(__file__).parent.parent


def printed(*command: str) -> Any:
    done = subprocess.run(
        [sys.executable, *command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def recorded_run(name: str) -> Case:
    return next(case for case in recorded("final") if case.shape == f"recorded {name}")


def test_ten_seeds_of_the_sweeps_first_run_are_healthy() -> None:
    judged = [play(recorded_run(f"sweep_{seed}"), HealthLimits()) for seed in range(1, 11)]
    assert [run.found for run in judged if run.alarm] == []
    assert sum(run.checks for run in judged) == 80


def test_a_run_on_length_and_fragments_is_called_reward_hacking() -> None:
    judged = play(recorded_run("gameable"), HealthLimits())
    assert "reward hacking" in judged.found


def test_rates_of_detection_and_false_alarms() -> None:
    found = printed("benchmarks/health.py", "--each", "12", "--each-sound", "60")
    assert set(found) == {"detection", "false_alarm", "false_alarm_of_checks", "by_kind"}
    assert found["detection"] >= 0.95
    assert found["false_alarm"] <= 0.02
    assert found["false_alarm_of_checks"] <= 0.02
    # The benchmark has curves of every kind except "not finite".
    assert set(found["by_kind"]) == set(KINDS) - {"not finite"}
    assert all(row["detection"] >= 0.8 for row in found["by_kind"].values())


def test_the_reference_is_measured_more_reliably_and_earlier_than_the_distinct_pass_rate() -> None:
    found = printed("benchmarks/objectives.py")
    assert found["runs"] >= 10
    for figure in ("reliability", "early"):
        assert found["reference"][figure] > found["qc_distinct"][figure]
