"""Checks before a sweep: exact estimates, and every way in which they fail."""

from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
import torch

from agent.config.run import RunConfig
from agent.preflight.machine import check_device, check_disk, check_memory
from agent.preflight.memory import Shape, model_shape, peak_bytes, saved_bytes
from agent.preflight.reward import check_reward
from agent.tasks.build import build_task
from agent.training.lifecycle.model import load_model
from rewards.base import Evaluation, Reward, Sample
from rewards.compose import RewardSuite, Weighted

SHAPE = Shape(parameters=1000, layers=2, width=8, heads=2, vocabulary=50)


def test_peak_memory_equals_a_hand_calculation() -> None:
    config = RunConfig.from_params(
        {
            "max_completion_length": 36,
            "per_device_train_batch_size": 4,
            "num_generations": 4,
            "eval_prompts": 2,
            "eval_samples": 1,
        }
    )
    tokens = 64 + 36
    training = 4 * tokens * 2 * 8 * 34 + 4 * 2 * 2 * tokens**2 + 3 * 4 * 36 * 50
    sampling = 4 * (2 * 2 * 8 * tokens + 3 * 50)
    assert training > sampling
    assert peak_bytes(SHAPE, config) == 4 * (5 * 1000 + training)
    assert saved_bytes(SHAPE) == 4 * 1000 * 8


@pytest.mark.parametrize("size", ["per_device_train_batch_size", "max_completion_length"])
def test_larger_batches_and_completions_need_more_memory(size: str) -> None:
    small, large = (RunConfig.from_params({size: value}) for value in (16, 64))
    assert peak_bytes(SHAPE, small) < peak_bytes(SHAPE, large)


def test_the_model_shape_is_read_without_loading_weights(tiny_starter: Path) -> None:
    shape = model_shape(str(tiny_starter))
    model, _ = load_model(str(tiny_starter))
    assert shape == Shape(model.num_parameters(), layers=1, width=32, heads=2, vocabulary=255)


def test_a_run_that_cannot_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = RunConfig()
    needed = peak_bytes(SHAPE, config)
    memory = psutil.virtual_memory()
    for free, agents, level in (
        (2 * needed, 1, "ok"),
        (1.1 * needed, 1, "warning"),
        (2 * needed, 3, "error"),
    ):
        monkeypatch.setattr(psutil, "virtual_memory", lambda free=free: memory._replace(available=int(free)))
        assert check_memory(SHAPE, config, agents).level == level


def test_a_disk_that_is_too_small_is_refused(tmp_path: Path) -> None:
    assert check_disk(tmp_path / "not yet" / "there", SHAPE, 1).level == "ok"
    found = check_disk(tmp_path, Shape(10**15, 1, 1, 1, 1), 1)
    assert found.level == "error"
    assert "SWEEPFARM_RUNS" in found.text


@pytest.mark.parametrize("hidden", [None, "", "-1"])
def test_the_device_is_named(monkeypatch: pytest.MonkeyPatch, hidden: str | None) -> None:
    if hidden is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert check_device().text
    assert check_device().level == "ok"


def test_an_assigned_gpu_that_torch_cannot_use_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a CPU build of torch on a machine with GPUs would train on the CPU for days."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-aaaaaaaa-0000")
    found = check_device()
    assert found.level == "error"
    assert f"torch {torch.__version__} cannot use GPU-aaaaaaaa-0000" in found.text


class Liking(Reward):
    """Scores the completion `good` with one given number and any other with a second one."""

    name = "liking"

    def __init__(self, good: float, bad: float) -> None:
        self._good, self._bad = good, bad

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        scores = (self._good if s.completion == "good" else self._bad for s in samples)
        return [Evaluation(score, "as told") for score in scores]


@pytest.mark.parametrize(
    ("good", "bad", "level"),
    [(0.8, 0.1, "ok"), (0.5, 0.45, "error"), (0.1, 0.9, "error"), (1.0, 0.0, "warning")],
)
def test_a_reward_must_score_good_samples_above_bad_ones(good: float, bad: float, level: str) -> None:
    suite = RewardSuite([Weighted(Liking(good, bad), 1.0)])
    assert check_reward(suite, [Sample("", "good")] * 3, [Sample("", "bad")]).level == level


def test_the_plasmid_reward_scores_plasmids_above_bad_sequences(tiny_run: RunConfig) -> None:
    task = build_task(tiny_run)
    assert check_reward(task.training_suite, task.known_good, task.known_bad).level == "ok"


def test_a_reward_that_raises_on_good_sequences_is_refused() -> None:
    class Failing(Liking):
        def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
            raise ValueError("no such table")

    found = check_reward(
        RewardSuite([Weighted(Failing(0, 0), 1.0)]), [Sample("", "good")], [Sample("", "bad")]
    )
    assert found.level == "error"
    assert "no such table" in found.text
