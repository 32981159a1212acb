"""benchmarks/improvement.py: what counts as an improvement, and files that are no results."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
START = {
    "pass_rate": 0.2,
    "distinct_pass_rate": 0.1,
    "origin_types": 5,
    "novelty": 0.06,
    "passing_novelty": 0.05,
}
BEST = {
    "pass_rate": 0.36,
    "distinct_pass_rate": 0.2,
    "origin_types": 3,
    "novelty": 0.055,
    "passing_novelty": 0.046,
}


def result(folder: Path, **changed: float | None) -> Path:
    path = folder / "result.json"
    content = {
        "sweep": "e/p/s",
        "best_run": "r",
        "starter_objective": 0.4,
        "best_objective": 0.7,
        "quality": {"starter": START, "best": BEST | changed},
    }
    path.write_text(json.dumps(content))
    return path


def printed(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "benchmarks/improvement.py", "--json", str(path)]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"pass_rate": 0.34},
        {"distinct_pass_rate": 0.19},
        {"origin_types": 2},
        {"novelty": 0.053},
        {"passing_novelty": None},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_each_criterion_can_fail_alone(tmp_path: Path, changed: dict[str, Any]) -> None:
    (row,) = json.loads(printed(result(tmp_path)).stdout)
    assert row["all"] is True
    (row,) = json.loads(printed(result(tmp_path, **changed)).stdout)
    assert row["all"] is False
    assert [name for name, good in row["met"].items() if not good] == list(changed)


@pytest.mark.parametrize(
    ("content", "said"), [("{}", "is not the result.json of a sweep"), ("# Report", "is not JSON")]
)
def test_another_file_is_an_error_of_one_line(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "other"
    path.write_text(content)
    done = printed(path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
