"""The benchmarks on curves of runs: health reaches its required rates, and the reference is to search by."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from agent.health.finding import KINDS

ROOT = Path(__file__).parent.parent


def printed(*command: str) -> Any:
    done = subprocess.run(
        [sys.executable, *command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


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
    assert found["runs"] >= 15
    for figure in ("reliability", "early"):
        assert found["reference"][figure] > found["qc_distinct"][figure]
