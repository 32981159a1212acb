"""Loading a causal language model and its tokenizer: safetensors only, no remote code."""

import os
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from agent.config.errors import ConfigError
from agent.hub import hub_error
from agent.training.lifecycle.prompt_ends import leave_prompts_open
from rewards.error_text import first_line

disable_progress_bar()  # one bar per shard of a one-shard model is noise in every log


def load_model(path: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load `path`, a local folder or a Hub id, in float32 on CPU.

    Raises:
        ConfigError: no such folder, no model in it, or a Hub that cannot be reached or has no such id.
    """
    try:
        model = AutoModelForCausalLM.from_pretrained(
            path, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
        )
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False, padding_side="left")
    except (OSError, ValueError) as error:
        raise _unloadable(path, error) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    leave_prompts_open(tokenizer)
    return model, tokenizer


def check_model(path: str) -> None:
    """Find out whether `path` can be loaded, by its configuration alone: cheap, whatever the model's size.

    Raises:
        ConfigError: as `load_model` would.
    """
    try:
        AutoConfig.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise _unloadable(path, error) from error


def _unloadable(path: str, error: Exception) -> ConfigError:
    if Path(path).exists():
        return ConfigError(f"`model` = {path!r} holds no loadable safetensors model: {first_line(error)}")
    if path.startswith((".", os.sep, "~")):
        return ConfigError(
            f"`model` = {path!r}: no such folder; give an existing one, a Hub id, or `starter`"
        )
    what = f"`model` = {path!r} is no local folder and"
    return hub_error(what, "wrong id, or no network", "give a folder, or `starter`", error)
