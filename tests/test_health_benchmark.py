"""The health benchmark reaches its required rates on a small set of curves and prints them."""

import json
import subprocess
import sys
from pathlib import Path

from agent.health.finding import KINDS

ROOT = Path(__file__).parent.parent


def test_rates_of_detection_and_false_alarms() -> None:
    command = [sys.executable, "benchmarks/health.py", "--each", "12", "--each-sound", "60"]
    printed = subprocess.run(
        [*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = json.loads(printed)
    assert set(found) == {"detection", "false_alarm", "false_alarm_of_checks", "by_kind"}
    assert found["detection"] >= 0.95
    assert found["false_alarm"] <= 0.02
    assert found["false_alarm_of_checks"] <= 0.02
    # The benchmark has curves of every kind except "not finite".
    assert set(found["by_kind"]) == set(KINDS) - {"not finite"}
    assert all(row["detection"] >= 0.8 for row in found["by_kind"].values())
