import json
import subprocess
import sys
from pathlib import Path

from benchmarks.simulated_sweeps import OURS, Noise, coverage, false_clear_winner, p_best

TUNING = Noise(0.03, 0.02, 0.05)


def test_our_rule_finds_the_best_configuration_more_often_than_common_rules():
    found = p_best(40, 0, TUNING)
    assert found[OURS] > found["best peak"] > found["best final reward"]
    assert found[OURS] >= 0.65


def test_a_clear_winner_among_equals_is_rare():
    assert false_clear_winner(40, 2, TUNING) <= 0.05


def test_intervals_over_seeds_have_nominal_coverage():
    assert 0.88 <= coverage(30, 1, TUNING) <= 0.99


def test_the_benchmark_prints_all_its_results_as_json():
    command = [sys.executable, "benchmarks/selection.py", "--sweeps", "3", "--json"]
    root = Path(__file__).parents[2]
    found = json.loads(subprocess.run(command, cwd=root, capture_output=True, check=True).stdout)
    assert set(found) == {"p_best", "coverage", "false_clear_winner"}
    assert set(found["p_best"]) == {OURS, "best final reward", "best peak", "KL below 1, then reward"}
    assert all(0 <= share <= 1 for share in [*found["p_best"].values(), found["coverage"]])
