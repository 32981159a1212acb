import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.assess import assess
from analysis.errors import AnalysisError
from analysis.select import TIE, select
from tests.analysis.recorded import Recorder, rows, sweep


def selected(*runs, maximize=True):
    recorder = Recorder(sweep("lr", maximize=maximize))
    for i, (scores, options) in enumerate(runs):
        options = dict(options)
        steps = options.pop("steps", 60)
        signals = {"train/kl": options.pop("kl", 0.01)}
        recorder.run(f"r{i}", rows(scores, steps, signals), **options)
    table = recorder.table()
    return select(assess(table), table.sweep.maximize)


def test_the_final_value_wins_over_the_peak():
    chosen = selected(({10: 0.4, 60: 0.6}, {}), ({10: 0.95, 60: 0.5}, {}))
    assert chosen.best == "r0"
    assert chosen.ranking["score"].tolist() == [0.6, 0.5]


def test_runs_are_compared_at_the_last_step_that_all_reached():
    chosen = selected(
        ({10: 0.4, 20: 0.5}, {"steps": 20, "config": {"max_steps": 20}}),
        ({10: 0.35, 20: 0.45, 60: 0.9}, {}),
    )
    assert chosen.step == 20
    assert chosen.best == "r0"
    assert chosen.ranking["score"].tolist() == [0.5, 0.45]


def test_unfinished_and_unhealthy_runs_are_counted_out():
    chosen = selected(
        ({60: 0.5}, {}),
        ({10: 0.9}, {"steps": 20, "summary": {"outcome": "stopped early"}}),
        ({10: 0.9}, {"steps": 20, "state": "running"}),
        ({10: 0.9}, {"steps": 20, "state": "crashed"}),
        ({10: 0.9}, {"steps": 20, "summary": {"outcome": "stopped early"}}),
    )
    assert chosen.best == "r0"
    assert chosen.excluded == {"failed": 1, "stopped early": 2, "unfinished": 1}
    left_out = "left out: 1 failed, 2 stopped early, 1 unfinished"
    assert chosen.conclusion == f"Run r0 is best with 0.5000 at step 60; 1 compared, {left_out}."


def test_a_tie_goes_to_the_run_with_the_lower_kl():
    chosen = selected(({60: 0.600}, {"kl": 0.5}), ({60: 0.595}, {"kl": 0.1}), ({60: 0.58}, {"kl": 0.01}))
    assert chosen.best == "r1"
    assert chosen.tied == ("r1", "r0")
    assert "tied with 1 more" in chosen.conclusion


def test_a_metric_to_minimize():
    assert selected(({60: 0.2}, {}), ({60: 0.1}, {}), maximize=False).best == "r1"


def test_no_healthy_run_is_no_choice():
    chosen = selected(({60: 0.5}, {"summary": {"outcome": "unhealthy"}}))
    assert chosen.best is None
    assert chosen.conclusion == "No configuration can be chosen: 1 unstable."


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "has no runs yet"),
        ([({}, {})], "logged its metric objective/score"),
        ([({10: 0.4}, {"state": "running", "steps": 20})], r"no run .* has finished yet \(1 running\)"),
    ],
)
def test_nothing_to_rank_is_one_clear_line(runs, message):
    with pytest.raises(AnalysisError, match=message):
        selected(*runs)


@given(st.lists(st.floats(0.31, 1), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_choice_is_within_the_tie_of_the_best_and_does_not_depend_on_the_order(finals, random):
    runs = [({60: final}, {"kl": (i + 1) / 100, "name": str(final)}) for i, final in enumerate(finals)]
    chosen = selected(*runs)
    score = chosen.ranking["score"].iloc[0]
    assert max(finals) - score < TIE
    shuffled = list(runs)
    random.shuffle(shuffled)
    assert selected(*shuffled).ranking["score"].iloc[0] == score
