"""All checks together: thresholds have an effect, healthy curves give no finding, later rows remove none."""

import dataclasses
import fnmatch
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.health.checks import WATCHED, HealthLimits, check_health, watched
from agent.health.collapse import DIVERSITY
from agent.health.curve import Curve
from agent.health.diversity import Diversity, measure
from agent.health.finding import KINDS, WARNINGS
from agent.health.monitor import Monitor
from agent.health.reward import error_of_mean, group_statistics

STARTER = {
    "starter/reference": 0.3,
    "starter/error": 0.01,
    "starter/entropy": 2.0,
    "starter/mean_length": 100.0,
    "starter/truncated_fraction": 0.2,
    "starter/unique_fraction": 1.0,
    "starter/unique_starts": 1.0,
    "starter/similarity": 0.1,
    "starter/prompt_similarity": 0.1,
    "starter/template_share": 0.2,
    "starter/qc/pass_rate": 0.2,
    "starter/qc/error": 0.03,
    "starter/qc/passed": 60.0,
    "starter/qc/distinct": 57.0,
    "starter/qc/coincidence": 0.01,
    "starter/qc/top_share": 0.1,
    "starter/qc/novelty": 0.4,
    "starter/qc/near_copies": 0.2,
    "starter/qc/origin/ColE1": 0.7,
    "starter/qc/origin/p15A": 0.3,
}
SOUND = {
    "train/kl": 0.01,
    "train/entropy": 2.0,
    "train/grad_norm": 1.0,
    "train/zero_variance_groups": 0.1,
    "train/kept_fraction": 0.5,
    "reward_components/total_reward/mean": 0.4,
    "health/unique_fraction": 1.0,
    "objective/reference": 0.3,
    "objective/error": 0.01,
    "objective/kl": 0.01,
    "objective/entropy": 2.0,
    "objective/mean_length": 100.0,
    "objective/truncated_fraction": 0.2,
    "objective/unique_fraction": 1.0,
    "objective/unique_starts": 1.0,
    "objective/similarity": 0.1,
    "objective/prompt_similarity": 0.1,
    "objective/template_share": 0.2,
    "qc/pass_rate": 0.2,
    "qc/error": 0.03,
    "qc/passed": 60.0,
    "qc/distinct": 57.0,
    "qc/coincidence": 0.01,
    "qc/top_share": 0.1,
    "qc/novelty": 0.4,
    "qc/near_copies": 0.2,
    "qc/origin/ColE1": 0.7,
    "qc/origin/p15A": 0.3,
}


def curves(changed: Mapping[str, list[float]], steps: int = 6) -> dict[str, Curve]:
    """Healthy constant curves of all metrics, with those in `changed` replaced."""
    values = {name: [value] * steps for name, value in SOUND.items()} | dict(changed)
    return {name: Curve.of(enumerate(series, 1)) for name, series in values.items()}


def kinds(found: dict[str, Curve], window: int = 1, **limits: Any) -> set[str]:
    return {finding.kind for finding in check_health(found, STARTER, HealthLimits(**limits), window)}


def test_these_tests_cover_every_metric_that_a_check_reads() -> None:
    assert watched(SOUND) == list(SOUND)
    assert all(fnmatch.filter(SOUND, pattern) for pattern in WATCHED)
    assert {name.replace("objective/", "") for name in DIVERSITY} == {
        field.name for field in dataclasses.fields(Diversity)
    }


CASES = [
    ("health_kl_max", 0.5, {"objective/kl": [0.01, 0.6] * 3}, "KL diverging"),
    ("health_unique_min", 0.9, {"objective/unique_fraction": [0.8] * 6}, "collapsed"),
    ("health_unique_min", 0.9, {"objective/unique_starts": [0.8] * 6}, "collapsed"),
    ("health_similarity_rise", 0.1, {"objective/similarity": [0.3] * 6}, "collapsed"),
    ("health_similarity_rise", 0.1, {"objective/prompt_similarity": [0.3] * 6}, "collapsed"),
    ("health_template_max", 0.7, {"objective/template_share": [0.65] * 6}, None),
    ("health_template_ratio", 4.0, {"objective/template_share": [0.65] * 6}, None),
    ("health_entropy_min", 0.9, {"train/entropy": [2.0] + [1.7] * 5}, "collapsed"),
    ("health_fall_noise", 1.0, {"objective/reference": [0.3, 0.5, 0.5, 0.5, 0.5, 0.455]}, "unstable"),
    ("health_fall_share", 0.9, {"objective/reference": [0.3, 0.5, 0.5, 0.5, 0.5, 0.4]}, None),
    ("health_gradient_max", 1.0, {}, "unstable"),
    ("health_kl_spike", 1.5, {"train/kl": [0.1, 0.1, 0.1, 0.2, 0.1, 0.1]}, "KL spike"),
    ("health_kl_spike_min", 0.01, {"train/kl": [0.01, 0.01, 0.01, 0.05, 0.01, 0.01]}, "KL spike"),
    ("health_zero_variance_max", 0.05, {}, "no signal"),
    ("health_reward_max", 0.4, {}, "reward saturated"),
    ("health_length_ratio", 1.5, {"objective/mean_length": [160.0] * 6}, "length shift"),
    ("health_truncated_margin", 0.1, {"objective/truncated_fraction": [0.4] * 6}, "truncated"),
    ("health_entropy_min", 0.9, {"objective/entropy": [1.7] * 6}, "collapsed"),
    ("health_unique_min", 0.9, {"health/unique_fraction": [1.0] + [0.8] * 5}, "collapsed"),
    ("health_coincidence_rise", 0.02, {"qc/coincidence": [0.05] * 6}, "collapsed"),
    ("health_distinct_min", 0.8, {"qc/distinct": [40.0] * 6}, "collapsed"),
    ("health_minority_min", 0.5, {"qc/origin/ColE1": [0.9] * 6, "qc/origin/p15A": [0.1] * 6}, "collapsed"),
    ("health_copies_rise", 0.1, {"qc/near_copies": [0.3] * 6}, "memorising"),
    ("health_copies_max", 0.2, {"qc/near_copies": [0.4] * 6, "qc/novelty": [0.1] * 6}, "memorised"),
    ("health_novelty_min", 0.8, {"qc/near_copies": [0.8] * 6, "qc/novelty": [0.3] * 6}, "memorised"),
    ("health_fall_noise", 1.0, {"qc/pass_rate": [0.2, 0.4, 0.4, 0.4, 0.4, 0.3]}, "unstable"),
]


@pytest.mark.parametrize(("limit", "other", "changed", "kind"), CASES)
def test_changing_any_threshold_changes_the_findings(
    limit: str, other: float, changed: dict[str, list[float]], kind: str | None
) -> None:
    """`kind` is the finding that only the other value gives. If it is None, only the default gives one."""
    by_default, by_other = kinds(curves(changed)), kinds(curves(changed), **{limit: other})
    assert by_other - by_default == ({kind} if kind else set())
    assert bool(by_default - by_other) == (kind is None)


def test_every_threshold_has_a_case() -> None:
    assert {limit for limit, *_ in CASES} == set(HealthLimits.model_fields)


def test_warnings_are_not_fatal() -> None:
    assert set(KINDS) > WARNINGS
    found = check_health(
        curves({"objective/mean_length": [300.0] * 6, "objective/kl": [2.0] * 6}), STARTER, HealthLimits(), 1
    )
    assert {finding.kind: finding.fatal for finding in found} == {"length shift": False, "KL diverging": True}


def test_the_kl_of_training_steps_is_checked_only_without_a_held_out_kl() -> None:
    far = curves({"train/kl": [1.0, 1.4, 1.6, 1.8, 1.9, 1.9]})
    assert kinds(far) == set()
    del far["objective/kl"]
    assert kinds(far) == {"KL diverging"}


def test_a_run_that_falls_below_its_starting_model_is_unstable_at_once() -> None:
    found = check_health(curves({"objective/reference": [0.1]}, steps=1), STARTER, HealthLimits(), 1)
    assert [(finding.kind, finding.step) for finding in found] == [("unstable", 0)]


def test_a_tiny_fall_gives_no_finding_even_with_an_error_of_zero() -> None:
    starter = {**STARTER, "starter/reference": 0.02, "starter/error": 0.0}
    for low, kind in ((0.0105, []), (0.0095, ["unstable"])):
        found = curves({"objective/reference": [low], "objective/error": [0.0]}, steps=1)
        assert [finding.kind for finding in check_health(found, starter, HealthLimits(), 1)] == kind


def test_metrics_of_training_steps_are_smoothed() -> None:
    few = [0.1, 0.1, 1.0, 0.1, 0.1, 0.1]
    assert kinds(curves({"train/zero_variance_groups": few}), window=1) == {"no signal"}
    assert kinds(curves({"train/zero_variance_groups": few}), window=2) == set()


def test_checks_against_the_starting_model_are_skipped_without_one() -> None:
    ill = curves(
        {
            "objective/unique_starts": [0.0] * 6,
            "objective/mean_length": [900.0] * 6,
            "objective/reference": [0.1, 0.9, 0.1] * 2,
        }
    )
    assert check_health(ill, {}, HealthLimits(), 1) == []
    assert len(check_health(ill, STARTER, HealthLimits(), 1)) == 3


@given(
    kl=st.floats(0, 1.4), reward=st.floats(0, 0.94), score=st.floats(0, 1), norm=st.floats(0, 9.9),
    steps=st.integers(1, 40), window=st.integers(1, 10),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_healthy_constant_curves_give_no_finding(
    kl: float, reward: float, score: float, norm: float, steps: int, window: int
) -> None:
    levels = {
        "train/kl": kl,
        "objective/kl": kl,
        "reward_components/total_reward/mean": reward,
        "objective/reference": score,
        "train/grad_norm": norm,
    }
    found = curves({name: [level] * steps for name, level in levels.items()}, steps)
    assert check_health(found, {**STARTER, "starter/reference": score}, HealthLimits(), window) == []


@given(
    rows=st.lists(st.tuples(*[st.floats(0, 3)] * len(SOUND)), min_size=4, max_size=25),
    cut=st.integers(1, 25),
    window=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_later_rows_do_not_change_earlier_findings(
    rows: list[tuple[float, ...]], cut: int, window: int
) -> None:
    """So the findings of a running monitor and those from the whole history agree."""

    def found(count: int) -> dict[str, set[tuple[int, str]]]:
        columns = zip(*rows[:count], strict=True)
        logged = {n: Curve.of(enumerate(c, 1)) for n, c in zip(SOUND, columns, strict=True)}
        # A fall is judged by the last value. It is the only finding that later rows may remove.
        logged.pop("objective/error")
        logged.pop("qc/error")
        by_kind: dict[str, set[tuple[int, str]]] = {}
        for finding in check_health(logged, STARTER, HealthLimits(), window):
            by_kind.setdefault(finding.kind, set()).add((finding.step, finding.evidence))
        return by_kind

    early, late = found(cut), found(len(rows))
    for kind, findings in early.items():
        assert findings <= late[kind]
    for kind, findings in late.items():
        assert {f for f in findings if f[0] <= cut} <= early.get(kind, set())


@given(order=st.permutations(range(4)), scores=st.lists(st.floats(0, 1), min_size=8, max_size=8))
@settings(max_examples=50, deadline=None)
def test_the_order_of_samples_within_a_group_does_not_matter(order: list[int], scores: list[float]) -> None:
    texts = [f"the {word} sat. it ran." for word in ["cat", "dog", "cat", "fox", "owl", "dog", "cat", "hen"]]
    shuffled = [*order, *(4 + place for place in order)]
    first, second = np.array(scores), np.array(scores)[shuffled]
    assert group_statistics(second, 4) == pytest.approx(group_statistics(first, 4), abs=1e-12)
    assert error_of_mean(second, 4) == pytest.approx(error_of_mean(first, 4), abs=1e-12)
    one, other = measure(texts, texts, 4), measure([texts[place] for place in shuffled], texts, 4)
    assert dataclasses.astuple(other) == pytest.approx(dataclasses.astuple(one))


def test_a_monitor_keeps_the_first_finding_of_a_kind_and_can_be_restored() -> None:
    rows = [
        {"train/global_step": step, **SOUND, "objective/kl": 0.5 * step, "objective/mean_length": 300.0}
        for step in range(1, 7)
    ]
    monitor = Monitor(HealthLimits(), 6, STARTER)
    for row in rows:
        monitor.observe(int(row["train/global_step"]), row)
        monitor.check()
    assert [(f.kind, f.step) for f in monitor.warnings] == [("length shift", 1)]
    assert [(f.kind, f.step) for f in monitor.fatal] == [("KL diverging", 4)]
    restored = Monitor(HealthLimits(), 6, STARTER)
    restored.restore(rows)
    assert restored.findings == monitor.findings


def test_limits_that_a_program_does_not_state_have_fallbacks() -> None:
    stated = HealthLimits.stated_in({"health_gradient_max": 4, "health_unique_min": "low", "lr": 1})
    assert (stated.health_gradient_max, stated.health_unique_min) == (4.0, 0.5)
    assert stated.health_kl_max == float("inf")
