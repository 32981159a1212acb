"""Hyperband against a slow reference implementation of the published rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.search.hyperband import EarlyTerminate, MetricValues, hyperband_rungs, survivors, verdicts


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (EarlyTerminate(max_iter=27, s=2, eta=3), (3, 9)),
        (EarlyTerminate(max_iter=27, s=5, eta=3), (1, 3, 9)),
        (EarlyTerminate(max_iter=5, s=2, eta=2), (1, 2)),
        (EarlyTerminate(max_iter=100, s=3, eta=3), (3, 11, 33)),
    ],
)
def test_rungs_from_the_maximum_iteration(settings: EarlyTerminate, expected: tuple[int, ...]) -> None:
    assert hyperband_rungs(settings) == expected


def test_rungs_from_the_minimum_iteration() -> None:
    assert hyperband_rungs(EarlyTerminate(min_iter=2, eta=3))[:4] == (2, 6, 18, 54)
    assert hyperband_rungs(EarlyTerminate(min_iter=2, eta=1.5))[:5] == (2, 3, 4, 6, 10)
    assert hyperband_rungs(None) == ()


@pytest.mark.parametrize(
    ("n", "eta", "expected"),
    [(1, 3, 1), (2, 3, 1), (3, 3, 2), (9, 3, 4), (10, 3, 4), (2, 2, 2), (3, 2, 2), (1, 2, 1), (8, 4, 3)],
)
def test_number_of_survivors(n: int, eta: float, expected: int) -> None:
    assert survivors(n, eta) == expected


def slow_reference(
    histories: dict[str, list[float]], running: list[str], rungs: tuple[int, ...], settings: EarlyTerminate
) -> set[str]:
    """The runs that the published rule stops, computed from whole histories. Smaller values are better."""
    stopped = set()
    for name in running:
        history = histories[name]
        reached = [rung for rung in rungs if rung <= len(history)]
        if not reached:
            continue
        rung = reached[-1]
        there = sorted(h[rung - 1] for h in histories.values() if len(h) >= rung)
        limit = there[int(len(there) / settings.eta)]
        judged_by = history[rung - 1] if settings.strict else min(history)
        if judged_by > limit and len(there) >= settings.min_runs:
            stopped.add(name)
    return stopped


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=2),
        st.lists(st.integers(0, 6).map(float), max_size=12),
        max_size=12,
    ),
    st.one_of(
        st.builds(EarlyTerminate, min_iter=st.integers(1, 4), eta=st.sampled_from([1.5, 2, 3, 4])),
        st.builds(
            EarlyTerminate, max_iter=st.integers(5, 20), s=st.integers(1, 3), eta=st.sampled_from([2, 3])
        ),
    ),
    st.booleans(),
    st.sampled_from([1, 1, 2, 4]),
    st.data(),
)
def test_verdicts_agree_with_the_slow_reference(
    histories: dict[str, list[float]], base: EarlyTerminate, strict: bool, min_runs: int, data: st.DataObject
) -> None:
    settings = EarlyTerminate(base.min_iter, base.max_iter, base.s, base.eta, strict, min_runs)
    rungs = hyperband_rungs(settings)
    running = [name for name in histories if data.draw(st.booleans())]
    standings = {
        name: MetricValues({rung: history[rung - 1] for rung in rungs if rung <= len(history)}, min(history))
        for name, history in histories.items()
        if history
    }
    found = verdicts(settings, standings, running)
    assert set(found) == slow_reference(histories, running, rungs, settings)
    for verdict in found.values():
        assert verdict.value > verdict.threshold
        assert verdict.rung in rungs


def test_the_stated_number_of_distinct_values_survives() -> None:
    for n in range(1, 30):
        for eta in (2, 3, 4):
            standings = {str(i): MetricValues({1: float(i)}, float(i)) for i in range(n)}
            stopped = verdicts(EarlyTerminate(min_iter=1, eta=eta), standings, list(standings))
            assert n - len(stopped) == survivors(n, eta)
