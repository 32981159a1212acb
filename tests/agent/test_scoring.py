"""The bridge between TRL and a suite: exact statistics, and unscored samples that are counted and not 0."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from agent.config.errors import ConfigError
from agent.training.scoring import NothingScoredError, SuiteReward, component_statistics
from rewards.base import Evaluation, Reward, Sample
from rewards.compose import RewardSuite, Weighted


class Scripted(Reward):
    """Scores each completion with the number that it spells. `?` is unscored."""

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


def test_an_unscored_completion_is_none_for_trl_and_counted_in_the_log(reward: SuiteReward) -> None:
    assert reward(["", "", "", ""], ["0.5", "?", "1.0", "0.0"]) == [0.5, None, 1.0, 0.0]
    row = reward.of_step()
    assert row["reward_components/unscored"] == 1
    assert row["reward_components/total_reward/mean"] == pytest.approx(0.5)
    assert row["reward_components/total_reward/std"] == pytest.approx(math.sqrt(1 / 6))
    assert (row["reward_components/ori/min"], row["reward_components/ori/max"]) == (0.0, 1.0)


def test_statistics_pool_the_batches_of_a_step_and_stay_until_the_next_batch(reward: SuiteReward) -> None:
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


def test_rarity_multiplies_the_rewards_and_leaves_the_statistics() -> None:
    suite = RewardSuite([Weighted(Scripted(), 1.0)])
    reward = SuiteReward(suite, (), group_size=3, rarity=lambda samples: np.array([0.5, 1.0, 0.25]))
    assert reward([""] * 3, ["0.8", "?", "1.0"]) == [0.4, None, 0.25]
    row = reward.of_step()
    assert row["reward/rarity"] == pytest.approx(1.75 / 3)
    assert row["reward_components/total_reward/mean"] == pytest.approx(0.9)


def test_a_batch_without_any_score_ends_the_run_with_the_reason(reward: SuiteReward) -> None:
    """Otherwise all group statistics would be 0, and the run would continue without learning."""
    with pytest.raises(NothingScoredError, match="2 of 2 completions could not be scored: cannot be judged"):
        reward(["", ""], ["?", "?"])
    assert issubclass(NothingScoredError, ConfigError)  # ends a run with one line and exit code 2


def test_a_reward_that_returns_too_few_evaluations_is_a_configuration_error() -> None:
    class Careless(Scripted):
        def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
            return []

    with pytest.raises(ConfigError, match="ori returned 0 evaluations for 1 samples"):
        SuiteReward(RewardSuite([Weighted(Careless(), 1.0)]), monitored=(), group_size=1)([""], ["1"])


def test_a_component_without_any_score_has_no_statistics() -> None:
    row = component_statistics([RewardSuite([Weighted(Scripted(), 1.0)]).score([Sample("", "?")] * 2)])
    assert row == {"reward_components/unscored": 2}


def test_statistics_of_no_batches_are_empty() -> None:
    assert component_statistics([]) == {}
