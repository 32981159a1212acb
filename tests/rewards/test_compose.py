"""The suite: exact totals, which rewards are computed, and unscored samples."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.base import Batch, ContractError, Evaluation, Reward, Sample
from rewards.compose import Gate, RewardSuite, SuiteError, Weighted


@dataclass(frozen=True)
class Fixed(Reward):
    """Scores every sample with the number that its completion spells. `?` is unscored."""

    name: str
    scale: float = 1.0

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        return [
            Evaluation(None, "cannot be read")
            if sample.completion == "?"
            else Evaluation(float(sample.completion) * self.scale, "read")
            for sample in samples
        ]


@dataclass(frozen=True)
class Sleepy(Reward):
    name: str = "sleepy"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        for sample in samples:
            while sample.completion == "slow":
                time.sleep(0.01)
        return [Evaluation(1.0, "awake") for _ in samples]


@dataclass(frozen=True)
class Brittle(Reward):
    """Raises on some samples."""

    name: str = "brittle"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        return [Evaluation(1.0 / int(sample.completion), "divided") for sample in samples]


@dataclass(frozen=True)
class Careless(Reward):
    """Returns a fixed value for any samples."""

    given: object
    name: str = "careless"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        return self.given  # type: ignore[return-value]


class Forbidden(Reward):
    name = "forbidden"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        raise AssertionError("a reward of weight 0 was computed")


def samples(*completions: str) -> list[Sample]:
    return [Sample("", completion) for completion in completions]


def test_total_is_weighted_mean_times_length_factor_minus_penalties() -> None:
    suite = RewardSuite(
        [Weighted(Fixed("a"), 1.0), Weighted(Fixed("b", 0.5), 3.0)],
        length_factor=Fixed("length", 0.5),
        penalties=[Weighted(Fixed("p"), 0.1)],
    )
    scores = suite.score(samples("0.8"))
    # mean (0.8 + 3 x 0.4) / 4 = 0.5, times 0.4, minus 0.1 x (1 - 0.8)
    assert scores.totals[0] == pytest.approx(0.5 * 0.4 - 0.02)
    assert {name: values[0] for name, values in scores.components.items()} == pytest.approx(
        {"a": 0.8, "b": 0.4, "length": 0.4, "p": 0.8}
    )
    assert scores.weights == {"a": 1.0, "b": 3.0, "length": 0.0, "p": -0.1}


def test_gate_zeroes_totals_below_its_minimum_only() -> None:
    suite = RewardSuite([Weighted(Fixed("a"), 1.0)], gates=[Gate(Fixed("a"), 0.5)])
    assert suite.score(samples("0.4", "0.5", "1")).totals.tolist() == [0.0, 0.5, 1.0]


def test_an_unscored_sample_is_counted_and_neither_zero_nor_dropped() -> None:
    suite = RewardSuite([Weighted(Fixed("a"), 1.0)])
    scores = suite.score(samples("1", "?", "0"))
    assert scores.totals[[0, 2]].tolist() == [1.0, 0.0]
    assert math.isnan(scores.totals[1])
    assert scores.unscored == 1
    assert scores.evaluations["a"][1] == Evaluation(None, "cannot be read")


def test_a_component_of_weight_zero_is_computed_only_if_reported_and_never_counts() -> None:
    suite = RewardSuite(
        [Weighted(Fixed("a"), 1.0), Weighted(Forbidden(), 0.0), Weighted(Fixed("b", 0.5), 0.0)]
    )
    plain, reported = suite.score(samples("0.6")), suite.score(samples("0.6"), report=("a", "b"))
    assert set(plain.components) == {"a"}
    assert reported.components["b"].tolist() == [0.3]
    assert reported.weights["b"] == 0.0
    assert plain.totals.tolist() == reported.totals.tolist() == [0.6]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([Weighted(Fixed("a"), 0.0)], "every component weight is 0"),
        ([], "none declared"),
        ([Weighted(Fixed("a"), -1.0)], "not negative"),
        ([Weighted(Fixed("a"), math.nan)], "finite"),
        ([Weighted(Fixed("a"), 1.0), Weighted(Fixed("a", 0.5), 1.0)], "same name"),
    ],
)
def test_an_invalid_suite_is_refused(parts: list[Weighted], words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        RewardSuite(parts)


def test_a_gate_and_a_component_of_one_name_must_be_equal() -> None:
    assert RewardSuite([Weighted(Fixed("a"), 1.0)], gates=[Gate(Fixed("a"), 0.5)]).weights == {"a": 1.0}
    with pytest.raises(SuiteError, match="two different rewards have the name a"):
        RewardSuite([Weighted(Fixed("a"), 1.0)], gates=[Gate(Fixed("a", 0.5), 0.5)])


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.1, 1.1])
def test_scores_that_are_nan_or_out_of_range_are_refused(score: float) -> None:
    with pytest.raises(ValueError, match="must lie in"):
        Evaluation(score, "x")


def test_only_the_sample_over_the_time_limit_is_unscored() -> None:
    suite = RewardSuite([Weighted(Sleepy(), 1.0)], time_limit=0.2)
    scores = suite.score(samples("fast", "slow", "quick"))
    assert np.isnan(scores.totals).tolist() == [False, True, False]
    assert "longer than the limit of 0.2 s" in scores.evaluations["sleepy"][1].message


@pytest.mark.parametrize("time_limit", [5.0, None])
def test_a_sample_on_which_a_reward_raises_is_unscored_with_a_reason(time_limit: float | None) -> None:
    suite = RewardSuite([Weighted(Brittle(), 1.0), Weighted(Fixed("a", 0.5), 1.0)], time_limit=time_limit)
    scores = suite.score(samples("1", "0", "2"))
    assert scores.totals[[0, 2]].tolist() == [(1.0 + 0.5) / 2, (0.5 + 1.0) / 2]
    assert math.isnan(scores.totals[1])
    assert math.isnan(scores.components["brittle"][1])
    assert scores.unscored == 1
    assert scores.reason == "brittle failed: ZeroDivisionError: float division by zero"
    assert scores.evaluations["brittle"][1] == Evaluation(None, scores.reason)
    # A score out of range (1 / -1) is refused when the Evaluation is made, with a one-line message.
    (evaluation,) = (
        RewardSuite([Weighted(Brittle(), 1.0)], time_limit=time_limit)
        .score(samples("-1"))
        .evaluations["brittle"]
    )
    assert evaluation.message.startswith("brittle failed: ValueError: a score must lie in [0, 1]")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "careless returned 0 evaluations for 1 samples"),
        ([Evaluation(1.0, "x")] * 2, "careless returned 2 evaluations for 1 samples"),
        ([0.5], r"careless must return a list of Evaluation, it returned \[0.5\]"),
        (None, "careless must return a list of Evaluation, it returned None"),
    ],
)
def test_a_reward_that_breaks_the_contract_ends_the_run(given: object, words: str) -> None:
    """With a wrong number of evaluations, scores would go to the wrong samples."""
    with pytest.raises(ContractError, match=words):
        RewardSuite([Weighted(Careless(given), 1.0)]).score(samples("1"))


def test_a_reward_that_cannot_be_prepared_is_a_one_line_error() -> None:
    class Unready(Forbidden):
        def prepare(self) -> None:
            raise KeyError("weights\nof the judge")

    with pytest.raises(SuiteError, match="forbidden cannot be prepared: KeyError: ") as caught:
        RewardSuite([Weighted(Unready(), 1.0)]).score(samples("1"))
    assert "\n" not in str(caught.value)


@given(st.lists(st.floats(0, 1), max_size=8), st.floats(0.01, 5), st.floats(0.01, 5))
def test_totals_stay_in_range_and_equal_samples_score_equal(values: list[float], v: float, w: float) -> None:
    suite = RewardSuite(
        [Weighted(Fixed("a"), v), Weighted(Fixed("b", 0.3), w)], penalties=[Weighted(Fixed("p", 0.9), v)]
    )
    batch = samples(*map(str, values + values))
    totals = suite.score(batch).totals
    assert ((totals >= 0) & (totals <= 1)).all()
    assert totals[: len(values)].tolist() == totals[len(values) :].tolist()
    assert [suite.score([sample]).totals[0] for sample in batch] == totals.tolist()


def test_preparation_does_not_count_against_the_time_limit_of_a_sample() -> None:
    """On first use kernels compile for seconds. The first batch must not be unscored because of that."""

    class SlowToStart(Reward):
        name = "slow"
        ready = False

        def prepare(self) -> None:
            if not self.ready:
                time.sleep(0.5)
            self.ready = True

        def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
            assert self.ready
            return [Evaluation(1.0, "fine") for _ in samples]

    suite = RewardSuite([Weighted(SlowToStart(), 1.0)], time_limit=0.2)
    assert suite.score([Sample("", "ACGT")]).totals.tolist() == [1.0]


def test_rewards_get_the_annotator_of_the_batch_also_for_single_samples() -> None:
    class Asked:
        """An annotator that records the sequences."""

        def __init__(self) -> None:
            self.texts: list[str] = []

        def annotate(self, sequences, /):
            self.texts += sequences
            return [len(text) for text in sequences]

    class Reads(Reward):
        """A reward that needs the annotator of its batch and fails on more than one sample."""

        name = "reads"

        def __call__(self, samples):
            assert isinstance(samples, Batch)
            (found,) = samples.annotator.annotate([s.text for s in samples])
            return [Evaluation(1.0, str(found))]

    asked = Asked()
    samples = [Sample("", "AC"), Sample("", "ACG"), Sample("", "AC")]
    scores = RewardSuite([Weighted(Reads(), 1.0)]).score(Batch(samples, asked))
    assert [e.message for e in scores.evaluations["reads"]] == ["2", "3", "2"]
    assert asked.texts[-2:] == ["AC", "ACG"]
