"""LoRA adapters: their settings, and whether a model can have them."""

from pathlib import Path

import torch
from peft import LoraConfig, PeftConfig, get_peft_model
from peft.utils import CONFIG_NAME
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig

from agent.config.errors import ConfigError
from rewards.error_text import first_line


def adapters(rank: int) -> LoraConfig:
    """LoRA adapters of all linear layers, with the usual scale of 2 for any rank."""
    return LoraConfig(task_type="CAUSAL_LM", r=rank, lora_alpha=2 * rank, target_modules="all-linear")


def check_adapters(path: str) -> None:
    """Check that the model at `path` can have adapters, without its weights.

    Raises:
        ConfigError: If PEFT has no adapters for such a model.
        OSError: If there is no model at `path`.
    """
    config = model_config(path)
    try:
        with torch.device("meta"):
            get_peft_model(AutoModelForCausalLM.from_config(config), adapters(1))
    except ValueError as error:
        raise ConfigError(
            f"`lora_rank`: a model of type {config.model_type!r} cannot have adapters; leave `lora_rank` out."
            f" PEFT said: {first_line(error)}"
        ) from error


def model_config(path: str) -> PretrainedConfig:
    """The configuration of the model at `path`; of its base model if `path` is a folder with adapters.

    Raises:
        OSError: If there is no model at `path`.
        ValueError: If its type is unknown.
    """
    if (Path(path) / CONFIG_NAME).exists() and not (Path(path) / "config.json").exists():
        path = str(PeftConfig.from_pretrained(path).base_model_name_or_path)
    config: PretrainedConfig = AutoConfig.from_pretrained(path, trust_remote_code=False)
    return config
