"""Health by content: repeated molecules, types that take over, copies of the training corpus."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from agent.health.checks import HealthLimits, check_health
from agent.health.curve import Curve
from agent.health.finding import Finding
from rewards.quality import coincidence, effective_number


def figures(sizes: Sequence[int], types: dict[str, int], **more: float) -> dict[str, float]:
    """Figures of passing completions: the sizes of their clusters, and the counts of their origin types."""
    total = sum(sizes)
    values = {
        "qc/passed": float(total),
        "qc/distinct": float(len(sizes)),
        "qc/effective": effective_number(sizes),
        "qc/coincidence": coincidence(sizes),
        "qc/top_share": max(sizes, default=0) / max(1, total),
        **{f"qc/origin/{name}": count / sum(types.values()) for name, count in types.items()},
        **{f"qc/{name}": value for name, value in more.items()},
    }
    return {name: value for name, value in values.items() if not math.isnan(value)}


def findings(start: dict[str, float], *rungs: dict[str, float], **limits: Any) -> list[Finding]:
    """The findings of a run with these figures of the starting model and of its rungs, at steps 1, 2, ..."""
    names = dict.fromkeys(name for rung in rungs for name in rung)
    curves = {
        name: Curve.of((step, rung[name]) for step, rung in enumerate(rungs, 1) if name in rung)
        for name in names
    }
    starter = {f"starter/{name}": value for name, value in start.items()}
    return check_health(curves, starter, HealthLimits(**limits), window=1)


THREE_TYPES = {"ColE1": 24, "p15A": 8, "pSC101": 4}
START = figures([2] * 5 + [1] * 26, THREE_TYPES)
"""31 distinct of 36 passing completions, as the starting model of a sweep that collapsed."""


def test_twelve_molecules_in_93_completions_are_a_collapse() -> None:
    types = {"ColE1": 62, "p15A": 21, "pSC101": 10}
    (found,) = findings(START, START, figures([30, *[6] * 9, 5, 4], types))
    assert (found.kind, found.step) == ("collapsed", 2)
    assert found.evidence == (
        "12 of 93 passing completions are distinct (starting model: 31 of 36), molecule 1 of the samples is"
        " 32% of them, and two of them are the same with a probability of 12.0% (starting model: 0.8%)"
    )


def test_fewer_distinct_molecules_among_more_that_pass_are_a_collapse_even_if_equally_frequent() -> None:
    even = figures([6] * 15 + [3], {"ColE1": 62, "p15A": 21, "pSC101": 10})
    assert findings(START, even, health_distinct_min=0.0) == []
    assert [found.kind for found in findings(START, even)] == ["collapsed"]
    # With fewer that pass, fewer are distinct.
    fewer = figures([2] * 3 + [1] * 13, {"ColE1": 13, "p15A": 4, "pSC101": 2})
    assert findings(START, fewer) == []


def test_more_that_pass_and_are_distinct_are_healthy() -> None:
    assert (
        findings(START, figures([3] * 40 + [2] * 60 + [1] * 100, {"ColE1": 250, "p15A": 60, "R6K": 30})) == []
    )


def test_repetition_is_judged_over_three_rungs_if_few_pass() -> None:
    few = figures([4, 3, 2, 2, 1, 1], {"ColE1": 9, "p15A": 4})
    start = figures([1] * 4, {"ColE1": 3, "p15A": 1})
    assert [found.step for found in findings(start, *[few] * 4)] == [3]
    assert findings(start, few, few) == []
    # Without a passing completion of the starting model, none of its are the same.
    assert [found.kind for found in findings(figures([], {}), *[few] * 3)] == ["collapsed"]


def test_one_origin_type_that_takes_over_is_a_collapse_and_is_named() -> None:
    only = figures([2] * 6 + [1] * 48, {"p15A": 60})
    (found,) = findings(START, only)
    assert (found.kind, found.step) == ("collapsed", 1)
    assert found.evidence == (
        "origin p15A in 60 of 60 passing completions since step 1"
        " (starting model: ColE1 in 24 of 36, 3 types)"
    )
    # The rungs before still count: they are judged together.
    assert [found.step for found in findings(START, START, *[only] * 3)] == [4]


@pytest.mark.parametrize("counts", [{"ColE1": 50, "p15A": 10}, {"ColE1": 5}])
def test_a_preference_and_chance_are_no_takeover(counts: dict[str, int]) -> None:
    rung = figures([1] * sum(counts.values()), counts)
    assert findings(START, rung) == []


def test_a_starting_model_of_one_type_has_none_to_lose() -> None:
    start = figures([1] * 36, {"ColE1": 36})
    assert findings(start, figures([1] * 60, {"ColE1": 60})) == []
    assert findings(start, figures([1] * 60, {"p15A": 60})) == []


def test_copies_of_the_corpus_are_a_warning_first() -> None:
    start = figures([1] * 9, {"ColE1": 9}, near_copies=0.2, novelty=0.4)
    rungs = [
        figures([1] * 9, {"ColE1": 9}, near_copies=copies, novelty=novelty)
        for copies, novelty in [(0.3, 0.4), (0.5, 0.3), (0.8, 0.25), (0.8, 0.1)]
    ]
    warning, fatal = findings(start, *rungs)
    assert (warning.kind, warning.step, warning.fatal) == ("memorising", 2, False)
    assert (fatal.kind, fatal.step, fatal.fatal) == ("memorised", 4, True)
    assert fatal.evidence == (
        "80% of completions are near copies of the training corpus (starting model: 20%), novelty 0.10"
        " (starting model: 0.40)"
    )


def test_a_falling_pass_rate_under_a_rising_reward_is_reward_hacking() -> None:
    rates = {
        "qc/pass_rate": [0.3, 0.5, 0.1],
        "qc/error": [0.03] * 3,
        "reward_components/total_reward/mean": [0.1, 0.2, 0.3],
    }
    curves = {name: Curve.of(enumerate(values, 1)) for name, values in rates.items()}
    starter = {"starter/qc/pass_rate": 0.3, "starter/qc/error": 0.03}
    (found,) = [f for f in check_health(curves, starter, HealthLimits(), 1) if f.kind == "reward hacking"]
    assert found.evidence.startswith("pass rate of the quality control fell from 0.5000 at step 2 to 0.1000")


def test_a_run_without_quality_control_is_not_judged_by_content() -> None:
    assert findings({}, figures([50], {"ColE1": 50})) == []
