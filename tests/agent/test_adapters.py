"""LoRA adapters: as a starting model, of models that cannot have them, and their first values."""

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import MambaConfig, MambaForCausalLM

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.preflight.memory import model_shape
from agent.tasks.build import build_task
from agent.training.lifecycle.model import check_model, load_model
from agent.training.scoring import SuiteReward
from agent.training.step.trainer import build_trainer
from sweepfarm.errors import UserError
from sweepfarm.machine.models import prepare_model
from tests.agent.running import changed, run


@pytest.fixture
def checkpoint(tiny_starter: Path, tmp_path: Path) -> Path:
    """A folder as a LoRA run saves it: adapters and tokenizer, but no model."""
    model, tokenizer = load_model(str(tiny_starter))
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=2, target_modules="all-linear"))
    adapted.save_pretrained(tmp_path / "adapters")
    tokenizer.save_pretrained(tmp_path / "adapters")
    assert not (tmp_path / "adapters" / "config.json").exists()
    return tmp_path / "adapters"


@pytest.fixture
def mamba(tiny_starter: Path, tmp_path: Path) -> Path:
    _, tokenizer = load_model(str(tiny_starter))
    config = MambaConfig(vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, state_size=4)
    MambaForCausalLM(config).save_pretrained(tmp_path / "mamba")
    tokenizer.save_pretrained(tmp_path / "mamba")
    return tmp_path / "mamba"


def test_checks_take_a_folder_with_adapters_as_the_loader_does(checkpoint: Path, tiny_starter: Path) -> None:
    load_model(str(checkpoint))
    check_model(str(checkpoint))
    prepare_model("plasmid", str(checkpoint), None)
    assert model_shape(str(checkpoint)) == model_shape(str(tiny_starter))


def test_adapters_whose_base_model_is_gone_are_refused(checkpoint: Path) -> None:
    settings = checkpoint / "adapter_config.json"
    settings.write_text(settings.read_text().replace("starter-plasmid-", "gone-"))
    with pytest.raises(ConfigError, match="adapters"):
        check_model(str(checkpoint))


def test_a_model_that_cannot_have_adapters_is_refused_before_the_first_step(
    mamba: Path, tiny_run: RunConfig, tmp_path: Path
) -> None:
    config = changed(tiny_run, model=str(mamba), lora_rank=2)
    with pytest.raises(ConfigError, match="'mamba' cannot have adapters; leave `lora_rank` out") as error:
        run(config, tmp_path / "run")
    assert "\n" not in str(error.value)


def test_a_model_that_cannot_have_adapters_is_refused_before_agents_start(mamba: Path) -> None:
    prepare_model("plasmid", str(mamba), None)
    with pytest.raises(UserError, match="cannot have adapters"):
        prepare_model("plasmid", str(mamba), None, adapted=True)


def test_equal_seeds_draw_equal_adapters(tiny_run: RunConfig, tmp_path: Path) -> None:
    def first_values(seed: int, drawn_before: int) -> list[torch.Tensor]:
        config = changed(tiny_run, lora_rank=2, seed=seed)
        task = build_task(config)
        model, tokenizer = load_model(task.model_path)
        reward = SuiteReward(task.training_suite, task.monitored, config.num_generations)
        torch.rand(drawn_before)
        trainer = build_trainer(config, 4, task, model, tokenizer, reward, tmp_path)
        return [weight for name, weight in trainer.model.named_parameters() if "lora_A" in name]

    one, two, other = first_values(1, 3), first_values(1, 50), first_values(2, 3)
    assert one
    assert all(torch.equal(left, right) for left, right in zip(one, two, strict=True))
    assert not any(torch.equal(left, right) for left, right in zip(one, other, strict=True))
