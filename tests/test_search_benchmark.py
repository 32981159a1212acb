"""The benchmark of search engines: its problems, its results and its verdicts are consistent."""

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.search import verdict
from benchmarks.search_engines.engines import COMPARED
from benchmarks.search_problems.development import DEVELOPMENT, Function
from benchmarks.search_problems.held_out import HELD_OUT
from benchmarks.search_problems.recorded import FOLDER, Table, read_table
from server.search.grid import grid_point, grid_size
from server.search.random_search import random_point
from server.search.space import SweepSpec, parse_sweep_config

ROOT = Path(__file__).parent.parent
TABLES = tuple(read_table(path) for path in sorted(FOLDER.glob("*.csv")))


def spec_of(problem: Function | Table, method: str = "random") -> SweepSpec:
    return parse_sweep_config({"method": method, "parameters": problem.parameters})


@pytest.mark.parametrize("function", [*DEVELOPMENT, *HELD_OUT], ids=lambda function: function.name)
def test_no_random_point_is_above_the_stated_best(function: Function) -> None:
    spec = spec_of(function)
    assert max(function.value(random_point(spec, seed)) for seed in range(300)) <= function.best + 1e-9


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_point_of_a_table_returns_one_of_its_recorded_runs(table: Table) -> None:
    spec = spec_of(table, "grid")
    points = [grid_point(spec, index) for index in range(grid_size(spec))]
    assert len(points) == len(table.runs) >= 120
    assert max(map(table.value, points)) == table.best
    rng = random.Random(0)
    for point in points[::10]:
        runs = table.runs[tuple(map(str, point.values()))]
        assert {table.observe(point, rng) for _ in range(30)} <= set(runs)


@pytest.mark.parametrize(("other", "runs"), [("random", []), ("first_points", ["--runs", "12"])])
def test_two_engines_are_compared_with_json_results(other: str, runs: list[str]) -> None:
    command = [sys.executable, "benchmarks/search.py", "--json", "--seeds", "2", "--problem", "cliff_4d"]
    engines = ["--engine", "ours", "--engine", other]
    done = subprocess.run([*command, *engines, *runs], cwd=ROOT, capture_output=True, text=True, check=True)
    (cell,) = json.loads(done.stdout).values()
    assert cell.keys() == {"ours", other}
    assert all(0 <= found["low"] <= found["mean"] <= found["high"] <= 1.3 for found in cell.values())


def test_the_verdict_follows_from_paired_differences() -> None:
    luck = [seed % 7 / 10 for seed in range(20)]
    better = {
        "ours": luck,
        "random": [value + 0.05 for value in luck],
        "optuna": [value + 1 for value in luck],
    }
    assert verdict(better).startswith("better than random by -0.050 [-0.050, -0.050]")
    assert verdict({**better, "ours": [x + 0.06 for x in luck]}).startswith("worse than random")
    assert verdict({**better, "ours": luck[::-1]}).startswith("tied with random")


def test_the_table_in_the_docs_is_consistent() -> None:
    page = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    head, _, *rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    assert head == ["problem", *COMPARED, "ours is"]
    assert [row[0] for row in rows] == [problem.name for problem in (*DEVELOPMENT, *HELD_OUT, *TABLES)]
    for _, *cells, said in rows:
        means = {engine: float(cell.split()[0]) for engine, cell in zip(COMPARED, cells, strict=True)}
        ours, rival = means.pop("ours"), min(means, key=lambda name: means[name])
        found = re.fullmatch(rf"(better|tied|worse) (?:than|with) {rival} by (\S+) \[(\S+), (\S+)\]", said)
        assert found, said
        difference, low, high = map(float, found.groups()[1:])
        assert difference == pytest.approx(ours - means[rival], abs=0.0015)
        assert found[1] == ("worse" if low > 0 else "better" if high < 0 else "tied")
