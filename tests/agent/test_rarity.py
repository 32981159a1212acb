"""Factors of training rewards by how rare the content of a completion is among the recent ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.training.rarity import RECENT, RecentRarity
from rewards.base import Sample
from rewards.quality import Originality, Quality, Verdict


class Letters(Quality):
    """Pieces of a completion are its letters."""

    kinds = ()

    def verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        return [Verdict(True, True, {}, "") for _ in samples]

    def clusters(self, samples: Sequence[Sample]) -> list[int]:
        return [0 for _ in samples]

    def originality(self, samples: Sequence[Sample]) -> list[Originality | None]:
        return [None for _ in samples]

    def pieces(self, samples: Sequence[Sample]) -> list[NDArray[np.uint64]]:
        return [np.array(sorted({ord(c) for c in s.completion}), dtype=np.uint64) for s in samples]


def batch(*completions: str) -> list[Sample]:
    return [Sample("", completion) for completion in completions]


def test_content_of_the_batches_before_counts() -> None:
    recent = RecentRarity(Letters(), 1.0)
    assert recent(batch("a", "b")).tolist() == [1.0, 1.0]
    assert recent(batch("a", "c")).tolist() == [0.5, 1.0]
    assert recent(batch("ac")).tolist() == [pytest.approx((1 / 3 + 1 / 2) / 2)]


def test_one_large_batch_and_several_small_ones_end_alike() -> None:
    completions = ["a"] * 6 + ["b"] * 2
    at_once = RecentRarity(Letters(), 0.5)(batch(*completions))
    small = RecentRarity(Letters(), 0.5)
    for first in range(0, 8, 2):
        last = small(batch(*completions[first : first + 2]))
    assert last.tolist() == at_once[-2:].tolist()


def test_what_lies_far_back_is_forgotten() -> None:
    recent = RecentRarity(Letters(), 1.0)
    recent(batch("a"))
    recent(batch(*["b"] * (RECENT - 1)))
    assert recent(batch("a")).tolist() == [1.0]


def test_a_batch_larger_than_the_recent_ones_is_compared_with_itself() -> None:
    found = RecentRarity(Letters(), 1.0)(batch(*["a"] * (RECENT + 10)))
    assert found.tolist() == pytest.approx([1 / (RECENT + 10)] * (RECENT + 10))


def test_a_restored_state_continues_as_the_one_that_was_saved() -> None:
    first = RecentRarity(Letters(), 1.0)
    first(batch("ab", "c"))
    second = RecentRarity(Letters(), 1.0)
    second.restore(first.state())
    assert second(batch("b", "d")).tolist() == first(batch("b", "d")).tolist() == [0.5, 1.0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"task": "stories"}, "the task stories has no quality control, which `diversity` needs"),
        (
            {"reward_aggregation": "normalize_then_sum"},
            "`diversity` has no effect with reward_aggregation: normalize_then_sum",
        ),
    ],
)
def test_diversity_that_would_have_no_effect_is_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        RunConfig.from_params({"diversity": 0.5, **values})
