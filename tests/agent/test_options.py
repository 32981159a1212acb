"""Options of a run and their effect on real training."""

from pathlib import Path

import pytest
import torch

from agent.config.run import RunConfig
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.model import load_model
from agent.training.lifecycle.stop import StopRequest
from agent.training.run import train_run
from tests.agent.running import changed, run
from tests.agent.test_resume import preempted_after, rows


@pytest.mark.parametrize(("scale_rewards", "factor"), [("none", 10.0), ("group", 1.0), ("batch", 1.0)])
def test_reward_scale_has_an_effect_only_without_normalised_advantages(
    tiny_run: RunConfig, tmp_path: Path, scale_rewards: str, factor: float
) -> None:
    config = changed(tiny_run, max_steps=1, rungs=1, beta=0.0, scale_rewards=scale_rewards)
    (_, plain), (_, scaled) = (
        run(changed(config, reward_scale=scale), tmp_path / str(scale))[1].rows[0] for scale in (1.0, 10.0)
    )
    mean = "reward_components/total_reward/mean"
    assert plain[mean] == scaled[mean]
    assert scaled["train/grad_norm"] == pytest.approx(factor * plain["train/grad_norm"], rel=0.05)


def test_normalising_each_component_changes_the_advantages(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = changed(tiny_run, max_steps=1, rungs=1, reward_gc_weight=1.0, reward_cds_weight=1.0)
    plain, apart = (
        run(changed(config, reward_aggregation=way), tmp_path / way)[1].rows[0][1]
        for way in ("sum_then_normalize", "normalize_then_sum")
    )
    mean = "reward_components/total_reward/mean"
    assert plain[mean] == apart[mean]
    assert plain["train/grad_norm"] != apart["train/grad_norm"]


def test_a_beta_scale_multiplies_every_beta(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = changed(tiny_run, max_steps=2, rungs=1, num_iterations=1, beta=0.1, beta_scale=3.0)
    assert run(config, tmp_path / "one")[1].rows[0][1]["train/beta"] == pytest.approx(0.3)
    phases = changed(config, phases=[{"steps": 1}, {"steps": 1, "beta": 0.2}])
    betas = [row["train/beta"] for _, row in run(phases, tmp_path / "two")[1].rows]
    assert betas == pytest.approx([0.3, 0.6])


@pytest.fixture
def adapted(tiny_run: RunConfig) -> RunConfig:
    return changed(tiny_run, lora_rank=2, learning_rate=1e-2, max_steps=8, rungs=4)


def test_only_adapters_are_trained_and_the_checkpoint_can_be_loaded(
    adapted: RunConfig, tmp_path: Path
) -> None:
    outcome, recorder = run(adapted, tmp_path)
    assert recorder.rows[-1][1]["train/kl"] > 1e-5
    assert outcome.checkpoint is not None
    checkpoint = Path(outcome.checkpoint)
    weights = checkpoint / "adapter_model.safetensors"
    assert weights.stat().st_size < (Path(adapted.model) / "model.safetensors").stat().st_size
    trained, _ = load_model(str(checkpoint))
    before = load_model(adapted.model)[0].state_dict()
    after = trained.state_dict()
    base = {name: name.replace(".weight", ".base_layer.weight") for name in before}
    kept = [torch.equal(before[n], after.get(b, after.get(n))) for n, b in base.items()]  # type: ignore[arg-type]
    assert all(kept)
    adapters = [weight for name, weight in after.items() if "lora_B" in name]
    assert adapters
    assert any(weight.abs().max() > 0 for weight in adapters)  # lora_B weights start at 0


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_adapters_resume_bit_for_bit(adapted: RunConfig, tmp_path: Path, beta: float) -> None:
    config = changed(adapted, beta=beta)
    run(config, tmp_path / "whole")
    preempted_after(config, tmp_path / "halves", 3)
    run(config, tmp_path / "halves")
    assert rows(tmp_path / "halves") == rows(tmp_path / "whole")


def test_deterministic_mode_is_on_while_training(tiny_run: RunConfig, tmp_path: Path) -> None:
    modes: list[bool] = []
    try:
        for deterministic in (False, True):
            config = changed(tiny_run, max_steps=1, rungs=1, deterministic=deterministic)
            sinks = Sinks(RunDirectory(tmp_path / str(deterministic), config.flat()))
            train_run(
                config,
                sinks,
                StopRequest(),
                lambda *_: modes.append(torch.are_deterministic_algorithms_enabled()),
            )
    finally:
        torch.use_deterministic_algorithms(False)
    assert modes == [False, True]
