"""The bridge between TRL and a suite: exact statistics, and unscored samples that are neither 0 nor lost."""

import math
from collections.abc import Sequence

import pytest

from agent.config.errors import ConfigError
from agent.training.scoring import NothingScoredError, SuiteReward, component_statistics
from rewards.base import Evaluation, Reward, Sample
from rewards.compose import RewardSuite, Weighted


class Scripted(Reward):
    """Scores each completion with the number it spells; `?` cannot be judged."""

    name = "ori"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        return [
            Evaluation(None, "cannot be judged")
            if s.completion == "?"
            else Evaluation(float(s.completion), "as told")
            for s in samples
        ]


@pytest.fixture
def reward() -> SuiteReward:
    return SuiteReward(RewardSuite([Weighted(Scripted(), 1.0)]), monitored=(), group_size=2)


def test_unscored_is_none_for_trl_and_counted_in_the_log(reward: SuiteReward) -> None:
    assert reward(["", "", "", ""], ["0.5", "?", "1.0", "0.0"]) == [0.5, None, 1.0, 0.0]
    row = reward.of_step()
    assert row["reward_components/unscored"] == 1
    assert row["reward_components/total_reward/mean"] == pytest.approx(0.5)
    assert row["reward_components/total_reward/std"] == pytest.approx(math.sqrt(1 / 6))
    assert (row["reward_components/ori/min"], row["reward_components/ori/max"]) == (0.0, 1.0)


def test_batches_of_a_step_are_pooled_and_stand_until_new_ones_come(reward: SuiteReward) -> None:
    reward(["", ""], ["0.0", "0.0"])
    reward(["", ""], ["1.0", "1.0"])
    first = reward.of_step()
    assert first["reward_components/total_reward/mean"] == pytest.approx(0.5)
    assert reward.of_step() == first
    reward(["", ""], ["1.0", "1.0"])
    assert reward.of_step()["reward_components/total_reward/mean"] == 1.0


def test_groups_are_the_completions_of_one_prompt(reward: SuiteReward) -> None:
    reward(["a", "a", "b", "b"], ["0.0", "0.4", "1.0", "?"])
    row = reward.of_step()
    # Group maxima 0.4 and 1, means 0.2 and 1.
    assert row["reward/best_of_n"] == pytest.approx(0.7)
    assert row["reward/gap"] == pytest.approx(0.1)
    assert row["reward/variance_within"] == pytest.approx((0.04 + 0) / 2)


def test_a_batch_in_which_nothing_was_scored_ends_the_run_and_says_why(reward: SuiteReward) -> None:
    """Its group statistics would all be 0: the run would go on and train on nothing."""
    with pytest.raises(NothingScoredError, match="2 of 2 completions could not be scored: cannot be judged"):
        reward(["", ""], ["?", "?"])
    assert issubclass(NothingScoredError, ConfigError)  # which ends a run with one line and exit code 2


def test_a_broken_reward_is_a_configuration_error() -> None:
    class Careless(Scripted):
        def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
            return []

    with pytest.raises(ConfigError, match="ori returned 0 evaluations for 1 samples"):
        SuiteReward(RewardSuite([Weighted(Careless(), 1.0)]), monitored=(), group_size=1)([""], ["1"])


def test_a_component_of_which_nothing_was_scored_has_no_statistics() -> None:
    row = component_statistics([RewardSuite([Weighted(Scripted(), 1.0)]).score([Sample("", "?")] * 2)])
    assert row == {"reward_components/unscored": 2}


def test_statistics_of_nothing_are_empty() -> None:
    assert component_statistics([]) == {}
