"""Tables of held-out scores: a grid of two parameters, and a comparison of rewards."""

from dataclasses import replace
from itertools import product

import pytest

from analysis.classify.assess import assess
from analysis.publish.held_out import held_out_sections
from analysis.publish.runs_table import runs_table
from analysis.read.table import SweepTable
from tests.analysis.recorded import RUNGS, Recorder, rows, sweep

NAMES = ["condition", "beta", "rate"]
GRID = [("ut", beta, rate) for beta, rate in product((0.01, 0.1), (1e-7, 1e-6))]


def table(*runs: tuple[str, float, float], errors: float | None = 0.03) -> SweepTable:
    """Runs that start at 0.4 and end 0.3 higher under `ut`, 0.2 lower under `inverted`, else unchanged."""
    recorder = Recorder(sweep(*(f"variant.{name}" for name in NAMES), stops_early=False))
    for number, (condition, beta, rate) in enumerate(runs):
        gain = {"ut": 0.3, "inverted": -0.2}.get(condition, 0.0)
        scores = {step: 0.4 + gain * step / RUNGS[-1] for step in RUNGS}
        history = rows(scores, RUNGS[-1], {"train/kl": 0.02})
        for row in history:
            if row["_step"] in scores:
                row["objective/reference"] = scores[row["_step"]]
                if errors is not None:
                    row["objective/error"] = errors
        recorder.run(
            f"run{number}",
            history,
            config={"variant": dict(zip(NAMES, (condition, beta, rate), strict=True)), "seed": 42},
            summary={"outcome": "finished", "starter/score": 0.4, "starter/error": 0.04},
        )
    return recorder.table()


def sections(sweep: SweepTable, kind: str | None = "condition") -> str:
    runs = runs_table(sweep, assess(sweep))
    runs["number"] = range(1, len(runs) + 1)
    return "\n".join(held_out_sections(sweep, runs, NAMES, "rate", kind))


def test_a_grid_of_two_parameters_becomes_a_two_way_table() -> None:
    text = sections(table(*GRID, ("inverted", 0.01, 1e-6)))
    assert "## beta × rate, ut" in text
    assert "| beta | 1e-07 | 1e-06 |" in text
    assert "| 0.1 | 0.400 → 0.700, KL 0.020, healthy (#3) | 0.400 → 0.700, KL 0.020, healthy (#4) |" in text
    assert "beta × rate, inverted" not in text


def test_rewards_are_compared_only_at_equal_other_parameters() -> None:
    text = sections(table(*GRID, ("inverted", 0.01, 1e-6), ("zero", 0.01, 1e-6)))
    assert "## By condition, at rate 1e-06, beta 0.01" in text
    assert "| ut | 2 | 0.400 → 0.700 | +0.300 ± 0.098 | healthy |" in text
    assert "| inverted | 5 | 0.400 → 0.200 | -0.200 ± 0.098 | " in text
    assert "| zero | 6 | 0.400 → 0.400 | +0.000 ± 0.098 | not learning |" in text
    assert text.count("## By") == 1


def test_grid_points_without_a_run_are_left_empty() -> None:
    text = sections(table(*GRID[:3]))
    assert "| 0.1 | 0.400 → 0.700, KL 0.020, healthy (#3) |  |" in text
    assert "## By" not in text


def test_without_errors_there_is_no_interval() -> None:
    text = sections(table(*GRID, ("zero", 0.01, 1e-6), errors=None))
    assert "| zero | 5 | 0.400 → 0.400 | +0.000 | not learning |" in text


@pytest.mark.parametrize("missing", ["objective/reference", "starter/score"])
def test_a_sweep_without_held_out_scores_has_neither_table(missing: str) -> None:
    found = table(*GRID)
    histories = {
        run: history.drop(columns=missing, errors="ignore") for run, history in found.histories.items()
    }
    found = replace(found, histories=histories)
    found.runs["summary"] = found.runs["summary"].str.replace(missing, "other")
    assert sections(found) == ""
