import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.choose.frontier import frontier
from analysis.classify.assess import assess
from tests.analysis.recorded import Recorder, rows, sweep


def assessed(*runs, maximize=True):
    recorder = Recorder(sweep("lr", maximize=maximize))
    for i, (final, kl, options) in enumerate(runs):
        logged = rows({60: final}, 60)
        logged[-1]["objective/kl"] = kl
        recorder.run(f"r{i}", logged, **options)
    return assess(recorder.table())


def test_the_frontier_holds_points_that_no_point_of_lower_kl_beats():
    found = frontier(assessed((0.5, 0.01, {}), (0.6, 0.04, {}), (0.55, 0.09, {}), (0.7, 0.25, {})))
    on = found.points[found.points["on_frontier"]]
    assert on["id"].tolist() == ["r0", "r1", "r3"]
    assert on["root_kl"].tolist() == pytest.approx([0.1, 0.2, 0.5])
    assert found.points.loc[found.recommended, "id"] == "r3"


def test_a_minimised_metric_has_a_frontier_of_lowest_values():
    found = frontier(assessed((0.2, 0.01, {}), (0.25, 0.04, {}), (0.1, 0.09, {}), maximize=False))
    assert found.points[found.points["on_frontier"]]["id"].tolist() == ["r0", "r2"]


def test_unhealthy_runs_are_left_out_of_the_frontier():
    ill = {"summary": {"outcome": "unhealthy"}}
    found = frontier(assessed((0.5, 0.01, {}), (0.9, 0.001, ill)))
    assert found.points["id"].tolist() == ["r0"]


def test_without_kl_there_is_no_frontier():
    recorder = Recorder(sweep("lr")).run("r0", rows({60: 0.5}, 60))
    assert frontier(assess(recorder.table())).recommended is None


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(0.31, 1), st.floats(0, 1), st.just({})), min_size=1, max_size=8))
def test_the_frontier_is_monotonic_and_contains_the_best_run(runs):
    on = (found := frontier(assessed(*runs))).points[found.points["on_frontier"]]
    assert on["value"].is_monotonic_increasing
    assert on["root_kl"].is_monotonic_increasing
    assert on["value"].max() == pytest.approx(max(final for final, _, _ in runs))
