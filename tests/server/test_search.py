"""Grid, random and Bayesian suggestions."""

import itertools
import json
import math
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.control.suggestions import sweep_trials
from server.search.bayes import bayes_point
from server.search.grid import grid_point, grid_size
from server.search.random_search import random_point
from server.search.space import SweepConfigError, SweepSpec, parse_sweep_config
from server.search.startup import STARTUP_RUNS, startup_point, startup_runs
from server.search.trial import Trial
from server.storage.database import DATABASE, Database
from server.storage.records.history import append_history
from server.storage.records.projects import ensure_project
from server.storage.records.runs import create_run, update_run
from server.storage.records.sweeps import create_sweep

SAMPLERS = pytest.mark.parametrize("sampler", ["gp", "tpe"])


def spec_of(method: str, parameters: dict[str, Any], **further: Any) -> SweepSpec:
    metric = {"name": "score", "goal": "maximize"}
    return parse_sweep_config({"method": method, "metric": metric, "parameters": parameters, **further})


discrete = st.one_of(
    st.lists(st.integers(0, 5), min_size=1, max_size=4).map(lambda v: {"values": v}),
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda b: {"min": min(b), "max": max(b)}),
    st.just({"distribution": "q_uniform", "min": 0.1, "max": 0.3, "q": 0.1}),
    st.just({"parameters": {"x": {"values": ["a", "b"]}}}),
)


@given(st.dictionaries(st.sampled_from("abcd"), discrete, min_size=1))
def test_grid_is_complete_and_without_repeats(parameters: dict[str, Any]) -> None:
    spec = spec_of("grid", parameters)
    points = [tuple(grid_point(spec, i).items()) for i in range(grid_size(spec))]
    assert len(set(points)) == len(points)
    expected = 1
    for distribution in spec.parameters.values():
        expected *= len(set(distribution.grid() or ()))
    assert len(points) == expected


def test_the_last_parameter_of_a_grid_changes_fastest() -> None:
    spec = spec_of("grid", {"a": {"values": [1, 2]}, "b": {"values": ["x", "y"]}})
    assert [tuple(grid_point(spec, i).values()) for i in range(4)] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_random_points_depend_only_on_the_seed() -> None:
    spec = spec_of("random", {"a": {"min": 0.0, "max": 1.0}, "b": {"values": list(range(100))}})
    assert random_point(spec, 1) == random_point(spec, 1)
    assert random_point(spec, 1) != random_point(spec, 2)


MIXED = {
    "flag": {"values": [True, False]},
    "kind": {"values": ["a", "b", "c", "d"]},
    "rate": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1.0},
    "width": {"min": 1, "max": 64},
    "noise": {"distribution": "normal", "mu": 0, "sigma": 1},
    "fixed": {"value": 7},
}


def trials_by(spec: SweepSpec, score: Any, count: int, seed: int) -> list[Trial]:
    rng = random.Random(seed)
    points = [{name: d.sample(rng) for name, d in spec.parameters.items()} for _ in range(count)]
    return [Trial(point, "finished", score(point)) for point in points]


@SAMPLERS
@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("flag", lambda v: v is False),
        ("kind", lambda v: v == "c"),
        ("rate", lambda v: v < 1e-3),
        ("width", lambda v: v > 32),
    ],
)
def test_the_search_learns_the_good_values_of_each_kind_of_parameter(
    name: str, good: Any, sampler: str
) -> None:
    """If only one parameter matters, most suggestions take its good values."""
    spec = spec_of("bayes", MIXED, sampler=sampler)
    trials = trials_by(spec, lambda point: float(good(point[name])), 40, seed=3)
    points = [bayes_point(spec, trials, seed) for seed in range(30)]
    assert sum(good(point[name]) for point in points) >= 24


@SAMPLERS
def test_a_logarithmic_range_is_searched_on_a_log_scale(sampler: str) -> None:
    spec = spec_of("bayes", {"rate": MIXED["rate"]}, sampler=sampler)
    trials = trials_by(spec, lambda point: -abs(point["rate"] - 1e-5) / 1e-5, 40, seed=1)
    rates = sorted(bayes_point(spec, trials, seed)["rate"] for seed in range(20))
    assert 3e-6 < rates[10] < 3e-5


@SAMPLERS
def test_suggestions_are_a_function_of_trials_and_seed(sampler: str) -> None:
    spec = spec_of("bayes", MIXED, sampler=sampler)
    trials = trials_by(spec, lambda point: point["rate"], 20, seed=5)
    assert bayes_point(spec, trials, 9) == bayes_point(spec, trials, 9)
    assert bayes_point(spec, trials, 9) != bayes_point(spec, trials, 10)


@SAMPLERS
@settings(deadline=None)
@given(
    outcomes=st.lists(
        st.tuples(st.sampled_from(["finished", "pruned", "failed", "running"]), st.floats(0, 1)), max_size=25
    )
)
def test_any_mixture_of_outcomes_gives_a_valid_point(sampler: str, outcomes: list[tuple[Any, float]]) -> None:
    spec = spec_of("bayes", MIXED, sampler=sampler)
    rng = random.Random(0)
    trials = [
        Trial(
            {name: d.sample(rng) for name, d in spec.parameters.items()},
            state,
            value if state == "finished" else None,
            {1: value} if state in ("pruned", "finished") else None,
        )
        for state, value in outcomes
    ]
    point = bayes_point(spec, trials, 0)
    assert spec.point_of(spec.run_config(point)) == point


@SAMPLERS
def test_crashed_runs_do_not_change_the_suggestion(sampler: str) -> None:
    """Failures carry no information about the objective."""
    spec = spec_of("bayes", {"flag": MIXED["flag"], "rate": MIXED["rate"]}, sampler=sampler)
    finished = trials_by(spec, lambda point: point["rate"], STARTUP_RUNS + 5, seed=2)
    crashed = [Trial({"flag": True, "rate": 1e-3}, "failed") for _ in range(10)]
    assert bayes_point(spec, finished, 4) == bayes_point(spec, finished + crashed, 4)


@pytest.mark.parametrize(
    ("parameter", "middle"),
    [
        ({"min": 1.0, "max": 4.0}, 2.5),
        ({"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-4}, pytest.approx(1e-5)),
        ({"min": 1, "max": 4}, 3),
        ({"distribution": "q_uniform", "min": 0, "max": 0.9, "q": 0.3}, 0.6),
        ({"distribution": "q_log_uniform_values", "min": 1, "max": 100, "q": 5}, 10),
        ({"distribution": "normal", "mu": 3, "sigma": 2}, 3.0),
        ({"values": [16, 4, 8]}, 8),
        ({"values": [2.0, 0.0, 0.5, 1]}, 1),
        ({"values": ["adamw", "sgd", "lion"]}, "adamw"),
        ({"values": [True, False]}, True),
        ({"values": [1, 2, 3], "probabilities": [0.2, 0.2, 0.6]}, 3),
        ({"value": 7}, 7),
    ],
)
def test_the_first_point_is_the_middle_of_the_space(parameter: dict[str, Any], middle: Any) -> None:
    spec = spec_of("bayes", {"x": parameter})
    point = startup_point(spec, runs=0, number=0, seed=1)
    assert point == {"x": middle}
    assert spec.parameters["x"].contains(point["x"])
    assert startup_point(spec, runs=0, number=1, seed=1) == random_point(spec, 1)


def test_first_points_of_the_file_come_before_random_points() -> None:
    points = [{"rate": 0.5, "flag": False}, {"kind": "c"}]
    spec = spec_of("bayes", MIXED, first_points=points)
    middle = startup_point(spec_of("bayes", MIXED), runs=0, number=0, seed=1)
    assert [startup_point(spec, runs=0, number=number, seed=1) for number in range(3)] == [
        {**middle, **points[0]},
        {**middle, **points[1]},
        random_point(spec, 1),
    ]
    assert startup_point(spec_of("bayes", MIXED, first_points=[]), runs=0, number=0, seed=1) == random_point(
        spec, 1
    )


@pytest.mark.parametrize(("cap", "runs"), [(None, 10), (60, 10), (10, 5), (3, 1), (1, 1)])
def test_samplers_start_after_half_of_a_short_sweep(cap: int | None, runs: int) -> None:
    spec = spec_of("bayes", MIXED, run_cap=cap)
    assert startup_runs(spec) == runs
    assert startup_point(spec, runs=runs - 1, number=runs - 1, seed=1) is not None
    assert startup_point(spec, runs=runs, number=runs, seed=1) is None


def test_no_sampler_is_used_before_all_first_points() -> None:
    assert (
        startup_runs(spec_of("bayes", MIXED, run_cap=4, first_points=[{}, {"kind": "b"}, {"kind": "c"}])) == 3
    )
    assert startup_runs(spec_of("bayes", MIXED, first_points=[{}] * 12)) == 12


@pytest.mark.parametrize(
    ("method", "points", "message"),
    [
        ("bayes", {"rate": 1.0}, "first_points must be a list of points, not {'rate': 1.0}"),
        ("bayes", [3], "first_points[0] must be a mapping from parameters to values, not 3"),
        ("bayes", [{}, {"rat": 1.0}], "first_points[1]: unknown key 'rat'; did you mean 'rate'?"),
        ("bayes", [{"kind": "e"}], "first_points[0]: kind is 'e', which is not in its space (a, b, c, d)"),
        (
            "bayes",
            [{"rate": "1e-3"}],
            "first_points[0]: rate is '1e-3', which is not in its space (1e-06, 1.0)",
        ),
        ("random", [{}], "first_points has no meaning with method random: remove it"),
    ],
)
def test_wrong_first_points_are_refused(method: str, points: Any, message: str) -> None:
    with pytest.raises(SweepConfigError) as error:
        spec_of(method, MIXED, first_points=points)
    assert str(error.value) == message


def test_gaussian_process_and_tpe_alternate() -> None:
    parameters = {"rate": MIXED["rate"]}
    both, gp, tpe = (spec_of("bayes", parameters, sampler=name) for name in ("both", "gp", "tpe"))
    trials = trials_by(both, lambda point: point["rate"], 21, seed=5)
    assert bayes_point(both, trials, 9) == bayes_point(gp, trials, 9) != bayes_point(tpe, trials, 9)
    assert bayes_point(both, trials[1:], 9) == bayes_point(tpe, trials[1:], 9)


def test_suggestions_stay_away_from_running_points() -> None:
    """So agents that ask one after the other get distant points."""
    spec = spec_of("bayes", {name: {"min": 0.0, "max": 1.0} for name in "xy"}, sampler="gp")
    trials = trials_by(spec, lambda p: math.sin(9 * p["x"]) * math.cos(7 * p["y"]), 12, seed=1)
    alone = [tuple(bayes_point(spec, trials, seed).values()) for seed in range(4)]
    for seed in range(4):
        trials.append(Trial(bayes_point(spec, trials, seed), "running"))
    together = [tuple(trial.point.values()) for trial in trials[-4:]]
    assert nearest(together) > 10 * nearest(alone)


def nearest(points: list[tuple[float, ...]]) -> float:
    return min(math.dist(a, b) for a, b in itertools.combinations(points, 2))


def test_a_long_sweep_is_reduced_to_best_newest_and_running_trials() -> None:
    from server.search.bayes import MAX_BEST_TRIALS, MAX_TRIALS, _informative_trials

    trials = [Trial({"a": i}, "finished", float(i % 500)) for i in range(1000)]
    trials[3] = Trial({"a": 3}, "running")
    kept = _informative_trials(trials, maximize=True)
    assert len(kept) == MAX_TRIALS
    assert trials[3] in kept
    best = sorted((t for t in trials if t.value is not None), key=lambda t: t.value or 0.0)
    best = best[-MAX_BEST_TRIALS:]
    assert all(trial in kept for trial in best)
    assert kept[-1] is trials[-1]


def test_each_run_becomes_a_trial_with_its_outcome(tmp_path: Path) -> None:
    config = {
        "method": "bayes",
        "metric": {"name": "score"},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
        "parameters": {"a": {"values": [1, 2, 3]}},
    }
    database = Database(tmp_path / DATABASE)

    def told(db: sqlite3.Connection) -> list[Trial]:
        project = ensure_project(db, "local", "p")
        sweep = create_sweep(db, project["id"], json.dumps(config))
        for state, values, stopped in (
            ("finished", [5.0, 4.0], None),
            ("finished", [9.0, 8.0, 7.0, 6.0, 5.0], 1.0),
            ("killed", [9.0], 1.0),
            ("killed", [], 1.0),
            ("crashed", [3.0], None),
            ("running", [3.0], None),
        ):
            point = json.dumps({"a": 1})
            run = create_run(db, project["id"], sweep_id=sweep["id"], state=state, point=point)
            update_run(db, run["id"], stop_requested_at=stopped)
            lines = [json.dumps({"score": value}) for value in values]
            append_history(db, run, 0, lines, [json.loads(line) for line in lines], "score")
        return sweep_trials(db, sweep["id"], parse_sweep_config(config))

    trials = database.write(told)
    database.close()
    assert [(trial.state, trial.value, trial.at_rung) for trial in trials] == [
        ("finished", 4.0, None),
        ("pruned", None, {4: 6.0}),
        ("pruned", None, {1: 9.0}),
        ("failed", None, None),
        ("failed", None, None),
        ("running", None, None),
    ]
