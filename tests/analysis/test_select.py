import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.choose.select import TIE_SHARE, select
from analysis.classify.assess import assess
from analysis.errors import AnalysisError
from tests.analysis.recorded import Recorder, rows, sweep


def selected(*runs, maximize=True):
    """The selection among runs given as (scores by step, options), each with its own configuration."""
    recorder = Recorder(sweep("lr", "seed", maximize=maximize))
    for i, (scores, options) in enumerate(runs):
        options = dict(options)
        steps = options.pop("steps", 60)
        signals = {"train/kl": options.pop("kl", 0.01)}
        recorder.run(f"r{i}", rows(scores, steps, signals), **options)
    return select(assess(recorder.table()))


def seeds(lr, finals, kl=0.01):
    return [({60: final}, {"config": {"lr": lr, "seed": i}, "kl": kl}) for i, final in enumerate(finals)]


def test_runs_are_ranked_by_their_final_value_and_not_their_peak():
    chosen = selected(({10: 0.4, 60: 0.6}, {}), ({10: 0.95, 60: 0.5}, {}))
    assert chosen.best == "r0"
    assert chosen.ranking["score"].tolist() == [0.6, 0.5]


def test_runs_are_compared_at_the_last_step_that_all_of_them_reached():
    chosen = selected(
        ({10: 0.4, 20: 0.5}, {"steps": 20, "config": {"max_steps": 20}}),
        ({10: 0.35, 20: 0.45, 60: 0.9}, {}),
    )
    assert chosen.step == 20
    assert chosen.best == "r0"
    assert chosen.ranking["score"].tolist() == [0.5, 0.45]


def test_unfinished_stopped_and_failed_runs_are_excluded():
    chosen = selected(
        ({60: 0.5}, {}),
        ({10: 0.9}, {"steps": 20, "summary": {"outcome": "stopped early"}}),
        ({10: 0.9}, {"steps": 20, "state": "running"}),
        ({10: 0.9}, {"steps": 20, "state": "crashed"}),
        ({10: 0.9}, {"steps": 20, "summary": {"outcome": "stopped early"}}),
    )
    assert chosen.best == "r0"
    assert chosen.excluded == {"failed": 1, "stopped early": 2, "unfinished": 1}
    assert chosen.conclusion.startswith(
        "Run r0 is chosen: objective 0.5000 at step 60. Runs compared: 1."
        " Left out: 1 failed, 2 stopped early, 1 unfinished."
    )
    assert "2 of 5 runs have not finished" in chosen.doubts


def wavy(final, wave):
    """Scores at four rungs whose second differences give a noise estimate of about `wave`."""
    return {10: 0.35, 20: 0.42 + wave, 40: 0.49 - wave, 60: final}


def test_a_tie_goes_to_the_run_with_the_lower_kl():
    chosen = selected(
        (wavy(0.600, 0.01), {"kl": 0.05}), (wavy(0.597, 0.01), {"kl": 0.01}), ({60: 0.5}, {"kl": 0.001})
    )
    assert chosen.best == "r1"
    assert chosen.tied == ("r0", "r1")
    assert "It is tied with 1 other configuration" in chosen.conclusion
    assert "was chosen because it has the lowest KL (0.01, the runner-up 0.05)." in chosen.conclusion


def test_a_tie_without_kl_goes_to_the_run_that_took_less_time_and_says_so():
    recorder = Recorder(sweep("lr"))
    for i, seconds in enumerate((300, 200)):
        history = [{**row, "_runtime": seconds} for row in rows(wavy(0.6 - i / 1000, 0.01), 60)]
        recorder.run(f"r{i}", history)
    chosen = select(assess(recorder.table()))
    assert chosen.best == "r1"
    assert chosen.why.endswith("was chosen because it took the least time (200 s, the runner-up 300 s).")


def test_one_seed_never_makes_a_clear_winner():
    chosen = selected(({60: 0.9}, {}), ({60: 0.4}, {}))
    assert not chosen.clear
    assert chosen.doubts == ("one seed per configuration cannot rule out chance (at least 3 are needed)",)


def test_different_starting_scores_are_a_doubt():
    chosen = selected(
        ({60: 0.9}, {"summary": {"starter/score": 0.30}}), ({60: 0.4}, {"summary": {"starter/score": 0.37}})
    )
    assert chosen.starter == 0.30
    assert (
        "the runs' scores of the starting model range from 0.3000 to 0.3700, so their scores may not be"
        " comparable" in chosen.doubts
    )


def test_seeds_of_one_configuration_are_averaged():
    chosen = selected(*seeds(1e-5, [0.50, 0.60, 0.70]), *seeds(1e-6, [0.55, 0.66, 0.53]))
    assert chosen.ranking["score"].tolist() == [pytest.approx(0.6), pytest.approx(0.58)]
    assert chosen.ranking["seeds"].tolist() == [3, 3]
    assert chosen.ranking["runs"].tolist()[0] == ("r2", "r1", "r0")
    assert not chosen.clear
    assert chosen.doubts[0].startswith("its lead over 1 of 1 other configurations is within noise")


def test_three_seeds_far_apart_make_a_clear_winner():
    chosen = selected(*seeds(1e-5, [0.80, 0.81, 0.79]), *seeds(1e-6, [0.50, 0.51, 0.49]))
    assert chosen.clear
    assert chosen.doubts == ()
    assert chosen.conclusion.startswith(
        "Run r1 is clearly best: mean objective 0.8000 at step 60 over 3 seeds"
        " (95% interval 0.7752 to 0.8248). Runs compared: 6."
    )
    assert chosen.runner_up == "r4"


def test_the_lowest_run_is_best_for_a_minimised_metric():
    chosen = selected(({60: 0.2}, {}), ({60: 0.1}, {}), maximize=False)
    assert chosen.best == "r1"
    assert not chosen.clear


def test_without_a_healthy_run_nothing_is_chosen():
    chosen = selected(({60: 0.5}, {"summary": {"outcome": "unhealthy"}}))
    assert chosen.best is None
    assert chosen.conclusion == (
        "No configuration can be chosen: no run used its budget in good health (1 unstable)."
    )


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], "has no runs yet"),
        ([({}, {})], "logged its metric objective/score"),
        ([({10: 0.4}, {"state": "running", "steps": 20})], r"no run .* has finished yet \(1 running\)"),
    ],
)
def test_a_sweep_without_rankable_runs_is_an_error(runs, message):
    with pytest.raises(AnalysisError, match=message):
        selected(*runs)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.31, 1), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_chosen_score_is_near_the_maximum_and_independent_of_the_order(finals, random):
    runs = [
        ({10: 0.3, 20: 0.31, 60: final}, {"kl": (i + 1) / 1000, "config": {"lr": i}})
        for i, final in enumerate(finals)
    ]
    chosen = selected(*runs)
    score = chosen.ranking["score"].iloc[0]
    assert max(finals) - score <= TIE_SHARE * (max(finals) - 0.3) + 1e-12
    shuffled = list(runs)
    random.shuffle(shuffled)
    assert selected(*shuffled).ranking["score"].iloc[0] == score


def test_two_runs_with_the_same_name_are_kept_apart():
    recorder = Recorder(sweep("lr"))
    for run, end in (("r0", 0.5), ("r1", 0.7)):
        recorder.run(run, rows({10: 0.4, 20: 0.45, 40: 0.48, 60: end}, 60), name="one name")
    assessed = assess(recorder.table())
    chosen = select(assessed)
    assert assessed.runs["name"].tolist() == ["one name"] * 2
    assert (chosen.best, chosen.runner_up) == ("r1", "r0")
