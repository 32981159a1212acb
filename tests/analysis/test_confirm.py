"""The configurations that are confirmed, and the result of a confirmation."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.confirm.candidates import candidates, fresh_seeds
from analysis.confirm.outcome import confirm
from analysis.confirm.output import confirmation_data, print_confirmation, statement
from analysis.confirm.plan import Plan, constants, grid_sweep
from analysis.errors import AnalysisError
from tests.analysis.recorded import Recorder, rows, sweep

CONFIG = {
    "program": "agent",
    "command": ["${env}", "python", "-m", "agent"],
    "metric": {"name": "objective/score", "goal": "maximize"},
    "method": "bayes",
    "early_terminate": {"type": "hyperband", "min_iter": 2},
    "run_cap": 20,
    "parameters": {
        "max_steps": {"value": 60},
        "model": {"values": ["starter"]},
        "seed": {"value": 42},
        "opt": {"parameters": {"decay": {"value": 0.1}, "beta": {"min": 0, "max": 1}}},
        "lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-4},
    },
}


def curve(end, steps=60):
    return {step: 0.3 + (end - 0.3) * step / 60 for step in (10, 20, 40, 60) if step <= steps}


def tuned(ends, method="bayes", **options):
    """A sweep with one run per final value in `ends`, created in this order."""
    recorder = Recorder(sweep("lr", "opt.beta", **options))
    for i, end in enumerate(ends):
        config = {"lr": i, "opt": {"beta": i / 10, "decay": 0.1}, "seed": 42, "model": "starter"}
        recorder.run(f"r{i:02d}", rows(curve(end), 60), config=config)
    table = recorder.table()
    return replace(table, sweep=replace(table.sweep, method=method))


def chosen(table, top=2):
    assessed = assess(table)
    return candidates(table, assessed, select(assessed), constants(CONFIG), top)


RISING = [0.40 + 0.02 * i for i in range(15)]
FALLING = [0.28 - 0.01 * i for i in range(15)]


def test_candidates_are_the_best_the_default_and_the_best_random_configuration():
    found, notes = chosen(tuned(RISING))
    assert [(one.label, one.run) for one in found] == [
        ("top 1", "r14"),
        ("top 2", "r13"),
        ("default", None),
        ("best random", "r09"),
    ]
    assert found[0].parameters == {
        "max_steps": 60, "model": "starter", "opt.decay": 0.1, "lr": 14, "opt.beta": 1.4,
    }  # fmt: skip
    assert found[2].parameters == {"max_steps": 60, "model": "starter", "opt.decay": 0.1}
    assert found[0].tuning_score == pytest.approx(0.68)
    assert notes == []


@pytest.mark.parametrize(
    ("ends", "method", "note"),
    [
        (RISING[::-1], "bayes", "The best of 10 random runs is top 1 itself."),
        (RISING, "random", "The best of 15 random runs is top 1 itself."),
        (RISING, "grid", "There is no best random configuration: a grid sweep draws none."),
    ],
)
def test_the_best_random_configuration_is_left_out_if_absent_or_already_top(ends, method, note):
    found, notes = chosen(tuned(ends, method))
    assert [one.label for one in found] == ["top 1", "top 2", "default"]
    assert notes == [note]


def test_fewer_ranked_configurations_than_requested_are_noted():
    found, notes = chosen(tuned([0.5, 0.6], "grid"), top=4)
    assert [one.label for one in found] == ["top 1", "top 2", "default"]
    assert notes[0] == "Only 2 configurations were ranked."


def test_unequal_budgets_are_refused():
    recorder = Recorder(sweep("lr", "max_steps"))
    for i, steps in enumerate((60, 40)):
        recorder.run(f"r{i}", rows(curve(0.6, steps), steps), config={"max_steps": steps})
    with pytest.raises(AnalysisError, match=r"unequal budgets \(40, 60 steps\)"):
        chosen(recorder.table())


def test_a_sweep_without_a_ranked_run_cannot_be_confirmed():
    table = Recorder(sweep("lr")).run("r0", rows(curve(0.6), 60), summary={"outcome": "unhealthy"}).table()
    with pytest.raises(
        AnalysisError, match=r"nothing to confirm: No configuration can be chosen: .*\(1 unstable\)"
    ):
        chosen(table)


def test_fresh_seeds_differ_from_the_tuning_seeds():
    recorder = Recorder(sweep("lr", "seed"))
    for seed in (3, 41, 7):
        recorder.run(f"r{seed}", rows(curve(0.6), 60), config={"seed": seed})
    assert fresh_seeds(recorder.table(), 3) == [42, 43, 44]


def test_the_grid_sweep_of_a_candidate_has_its_parameters_and_no_early_stops():
    best = chosen(tuned(RISING))[0][0]
    made = grid_sweep(CONFIG, "me/plasmid/s1", best, [43, 44])
    assert made == {
        "name": "confirm s1: top 1",
        "entity": "me",
        "project": "plasmid",
        "program": "agent",
        "command": ["${env}", "python", "-m", "agent"],
        "metric": {"name": "objective/score", "goal": "maximize"},
        "method": "grid",
        "parameters": {
            "max_steps": {"value": 60},
            "model": {"value": "starter"},
            "opt": {"parameters": {"decay": {"value": 0.1}, "beta": {"value": 1.4}}},
            "lr": {"value": 14},
            "seed": {"values": [43, 44]},
        },
    }


def confirmed(scores, maximize=True, **changes):
    """A confirmation whose runs end at the given scores. `changes` are summaries of runs by id."""
    found, notes = chosen(tuned(RISING if maximize else FALLING, maximize=maximize))
    seeds = (43, 44, 45)
    sweeps = tuple((f"me/plasmid/c{i}",) for i in range(4))
    plan = Plan("me/plasmid/s1", 2, seeds, tuple(found), sweeps, tuple(notes))
    tables = []
    for i, ends in enumerate(scores):
        recorder = Recorder(sweep("seed", stops_early=False, maximize=maximize))
        for seed, end in zip(seeds, ends, strict=False):
            name = f"c{i}s{seed}"
            recorder.run(name, rows(curve(end), 60), config={"seed": seed}, summary=changes.get(name))
        tables.append([recorder.table()])
    assert Plan.from_json(plan.to_json()) == plan
    return plan, confirm(plan, tables)


WELL = [(0.64, 0.65, 0.66), (0.63, 0.65, 0.64), (0.35, 0.36, 0.34), (0.50, 0.51, 0.52)]


def test_a_winner_beyond_noise_is_confirmed():
    plan, result = confirmed(WELL)
    assert result.confirmed
    text = statement(plan, result)
    # Four groups of three with standard deviation 0.01. Tukey's q(0.95; 4, 8) is 4.529.
    half = 4.529 * 0.01 / 3**0.5
    gain = {comparison.label: comparison.gain for comparison in result.comparisons}
    assert gain["default"].low == pytest.approx(0.3 - half, abs=1e-5)

    def wins(gap):
        return f"+{gap:.4f} (+{gap - half:.4f} to +{gap + half:.4f}) (better in 100% of the pairs of runs)"

    assert text == (
        "Confirmed: top 1 (run r14) reaches 0.6500 (0.6252 to 0.6748) at step 60 over 3 fresh seeds; its"
        f" score in the sweep was 0.6800. It is better than default by {wins(0.3)}, than best random by"
        f" {wins(0.14)}. It cannot be distinguished from top 2."
        " The 95% intervals of differences hold for all pairs of candidates together."
    )
    data = json.loads(json.dumps(confirmation_data(plan, result), allow_nan=False))
    assert data["candidates"][1]["scores"] == {"43": 0.63, "44": 0.65, "45": pytest.approx(0.64)}
    assert data["winner"] == "top 1"


def test_the_table_fits_into_80_columns():
    data = confirmation_data(*confirmed(WELL))
    data["candidates"][0]["run"] = "abcdefgh"
    console = Console(width=80, record=True, file=StringIO())
    print_confirmation(data, console)
    text = console.export_text()
    assert "…" not in text
    assert "runs  unhealthy  missing" in text


def test_the_winner_may_be_the_second_best_of_the_sweep():
    _, result = confirmed([WELL[1], WELL[0], *WELL[2:]])
    assert result.winner.candidate.label == "top 2"


def test_the_lowest_score_wins_in_a_minimising_sweep():
    _, result = confirmed(
        [(0.11, 0.10, 0.12), (0.14, 0.15, 0.16), (0.28, 0.27, 0.28), (0.21, 0.22, 0.21)], maximize=False
    )
    assert result.winner.candidate.label == "top 1"
    assert result.confirmed
    assert all(comparison.gain.estimate > 0 for comparison in result.comparisons)


def test_a_lead_within_noise_gives_no_clear_winner():
    plan, result = confirmed([WELL[0], WELL[1], WELL[2], (0.58, 0.70, 0.62)])
    assert not result.confirmed
    assert statement(plan, result).startswith("No clear winner. The best, top 1 (run r14)")
    assert result.doubts[0].startswith("it cannot be distinguished from best random, +0.0167")


def test_a_better_default_is_named_as_a_doubt():
    _, result = confirmed([WELL[2], WELL[2], WELL[0], WELL[3]])
    assert result.doubts[0].startswith("it is worse than default, -0.3000")


def test_an_unhealthy_run_counts_in_the_mean_and_prevents_confirmation():
    ill = {"c0s44": {"outcome": "unhealthy", "health/finding": "collapsed", "health/finding_step": 60}}
    _, result = confirmed([(0.74, 0.0, 0.75), (0.45, 0.46, 0.44), *WELL[2:]], **ill)
    assert result.outcomes[0].ill == {44: "collapsed"}
    assert result.outcomes[0].mean.estimate == pytest.approx((0.74 + 0.75) / 3)
    assert result.winner is result.outcomes[0]
    assert "1 of its 3 runs ended unhealthy (collapsed)" in result.doubts
    assert not result.confirmed


def test_missing_runs_are_a_doubt():
    _, result = confirmed([WELL[0][:2], *WELL[1:]], c1s44={"outcome": "failed"})
    assert result.outcomes[0].missing == (45,)
    assert result.outcomes[1].missing == (44,)
    assert result.doubts[0] == "2 of 12 runs are missing"


def test_a_candidate_without_runs_is_named_in_the_error():
    with pytest.raises(AnalysisError, match="no run of default has a result yet"):
        confirmed([WELL[0], WELL[1], (), WELL[3]])


def test_an_invalid_plan_is_an_error():
    with pytest.raises(AnalysisError, match="not the plan of a confirmation"):
        Plan.from_json('{"sweep": 3}')
