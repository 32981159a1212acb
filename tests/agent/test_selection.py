"""The samples that are trained on: exact selections, and their effect on real steps."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agent.config.run import RunConfig
from agent.training.step.grpo import kept_completions
from tests.agent.running import changed, run

NAN = float("nan")


def kept(
    rewards: list[float], group: int, threshold: float | None = None, best: int | None = None
) -> list[bool]:
    return [bool(k) for k in kept_completions(torch.tensor(rewards), group, threshold, best)]


def test_without_options_every_sample_is_kept() -> None:
    assert kept([0.1, NAN], 2) == [True, True]


def test_threshold_is_inclusive_and_drops_the_unscored() -> None:
    assert kept([0.5, 0.49, NAN, 1.0], 4, threshold=0.5) == [True, False, False, True]


def test_best_of_n_selects_per_group_and_prefers_the_earlier_of_equals() -> None:
    rewards = [0.1, 0.9, 0.9, 0.9, 0.2, 0.1, NAN, 0.05]
    assert kept(rewards, 4, best=2) == [False, True, True, False, True, True, False, False]


def test_threshold_and_best_of_n_combine() -> None:
    assert kept([0.1, 0.2, 0.8, 0.9], 2, threshold=0.5, best=1) == [False, False, False, True]


@given(
    st.lists(st.floats(0, 1, width=32) | st.just(NAN), min_size=4, max_size=24).filter(
        lambda r: len(r) % 4 == 0
    ),
    st.integers(1, 4),
)
def test_best_of_n_keeps_the_best(rewards: list[float], best: int) -> None:
    chosen = kept(rewards, 4, best=best)
    for start in range(0, len(rewards), 4):
        group = list(zip(rewards[start : start + 4], chosen[start : start + 4], strict=True))
        inside = [r for r, k in group if k]
        outside = [r for r, k in group if not k and r == r]
        assert len(inside) == min(best, sum(r == r for r, _ in group))
        assert not inside or not outside or min(inside) >= max(outside)


def rows(config: RunConfig, folder: Path, **params: Any) -> list[dict[str, Any]]:
    return [row for _, row in run(changed(config, **params), folder)[1].rows]


@pytest.mark.parametrize(
    "option",
    [
        {"reward_threshold": 0.4},
        {"best_of_n": 1},
        {"scale_rewards": "none"},
        {"scale_rewards": "batch"},
        {"loss_type": "luspo"},
    ],
    ids=str,
)
def test_each_option_changes_training(tiny_run: RunConfig, tmp_path: Path, option: dict[str, Any]) -> None:
    short = changed(tiny_run, max_steps=2, rungs=1, per_device_train_batch_size=8)
    plain, other = rows(short, tmp_path / "plain"), rows(short, tmp_path / "other", **option)
    # The first completions are the same. Only their use in training differs.
    same = "reward_components/total_reward/mean"
    assert plain[0][same] == other[0][same]
    assert plain[0]["train/grad_norm"] != other[0]["train/grad_norm"]


def test_a_threshold_above_every_reward_leaves_the_weights_unchanged(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    for row in rows(tiny_run, tmp_path, reward_threshold=1.0, max_steps=2, rungs=1):
        assert row["train/kept_fraction"] == 0.0
        assert row["train/grad_norm"] == 0.0
        assert row["train/kl"] < 1e-9
