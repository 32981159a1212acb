"""Steps in which few or no completions train, and steps that are computed in parts."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agent.config.run import RunConfig
from agent.health.curve import Curve
from agent.health.reward import nothing_kept
from agent.training.step import grpo
from agent.training.step.averages import group_means
from tests.agent.running import changed, run
from tests.agent.test_faults import limit_memory


def test_means_of_groups_are_means_over_their_tokens() -> None:
    assert group_means([1.0, 4.0, 0.0, 0.0], [1, 2, 0, 0], 2)[0] == 3.0
    assert math.isnan(group_means([1.0, 4.0, 0.0, 0.0], [1, 2, 0, 0], 2)[1])
    assert group_means([0.1, 0.7], [3, 9], 1) == [0.1, 0.7]


@given(st.lists(st.lists(st.floats(0, 9), min_size=1, max_size=5), min_size=4, max_size=4))
def test_the_mean_of_a_group_does_not_depend_on_its_division(parts: list[list[float]]) -> None:
    whole = float(np.mean(np.concatenate(parts)))
    found = group_means([float(np.mean(part)) for part in parts], [len(part) for part in parts], 4)
    assert found == [pytest.approx(whole)]


def no_completion_passes(patch: pytest.MonkeyPatch, batches: set[int]) -> None:
    """Let no completion of the given batches, counted from 0, pass the threshold."""
    original, calls = grpo.kept_completions, iter(range(1000))

    def kept(rewards: torch.Tensor, *limits: Any) -> torch.Tensor:
        mask = original(rewards, *limits)
        return mask & (next(calls) not in batches)

    patch.setattr(grpo, "kept_completions", kept)


@pytest.mark.parametrize("micro_batch", [4, 2])
def test_a_step_in_which_nothing_passes_has_the_entropy_of_all_its_tokens(
    micro_batch: int, tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(
        tiny_run,
        reward_threshold=0.0,
        beta=0.05,
        per_device_train_batch_size=micro_batch,
        health_zero_variance_max=1.0,
    )
    _, whole = run(config, tmp_path / "whole")
    no_completion_passes(monkeypatch, {0})
    outcome, recorder = run(config, tmp_path / "gaps")
    assert outcome.name == "finished"
    assert not outcome.findings
    rows = [row for _, row in recorder.rows]
    assert [row["train/kept_fraction"] for row in rows] == [0, 0, 1, 1]  # each batch trains twice
    # In the first step, both runs sample the same completions of the same model.
    assert rows[0]["train/entropy"] == pytest.approx(whole.rows[0][1]["train/entropy"], rel=0.01)
    assert rows[1]["train/entropy"] == pytest.approx(rows[0]["train/entropy"], rel=1e-6)
    assert "train/kl_sampled" not in rows[0]
    assert rows[0]["train/loss"] == 0


def test_a_run_in_which_nothing_ever_passes_ends_with_a_warning(tiny_run: RunConfig, tmp_path: Path) -> None:
    outcome, _ = run(changed(tiny_run, reward_threshold=1.0, health_zero_variance_max=1.0), tmp_path)
    assert outcome.name == "finished"
    evidence = [finding.evidence for finding in outcome.findings if finding.kind == "no signal"]
    assert evidence == ["no completion of any step reached `reward_threshold`: nothing is learned"]


def test_a_run_in_which_something_passed_once_has_no_such_finding() -> None:
    assert nothing_kept(Curve.of([(1, 0.0), (2, 0.0), (3, 0.1)])) is None
    assert nothing_kept(Curve.of([])) is None


@pytest.mark.parametrize("loss_type", ["bnpo", "grpo", "dapo"])
def test_a_halved_step_has_the_loss_and_the_metrics_of_the_whole_one(
    loss_type: str, tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(
        tiny_run,
        per_device_train_batch_size=8,
        num_generations=16,
        loss_type=loss_type,
        best_of_n=2,
        beta=0.05,
        max_steps=3,
        rungs=1,
    )
    _, whole = run(config, tmp_path / "whole")
    limit_memory(monkeypatch, limit=2)
    _, halved = run(config, tmp_path / "halved")
    names = ("train/loss", "train/grad_norm", "train/kl_sampled", "train/entropy", "train/kl")
    for (_, one), (_, other) in zip(whole.rows, halved.rows, strict=True):
        for name in names:
            assert other[name] == pytest.approx(one[name], rel=1e-3, abs=1e-6), name
