"""Loads a causal language model and its tokenizer: safetensors only, no remote code."""

from pathlib import Path

import torch
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils.logging import disable_progress_bar

from agent.config.errors import ConfigError
from agent.config.model_path import missing_folder
from agent.hub import hub_error
from agent.training.lifecycle.adapters import model_config
from agent.training.lifecycle.dropout import disable_dropout
from agent.training.sampler.ends import end_ids
from rewards.error_text import first_line

disable_progress_bar()  # a model of one shard would log a bar for that shard


def load_model(path: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """The model at `path`, in float32 on the CPU, and its tokenizer, which pads on the left.

    Args:
        path: A local folder or a Hub id.

    Raises:
        ConfigError: If the folder does not exist or holds no model, or the Hub cannot be reached or has no
            such id.
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
    _leave_prompts_open(tokenizer)
    use_own_settings(model, tokenizer)
    return model, tokenizer


def use_own_settings(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Keep of the settings that came with `model` only its token ids: no sampling settings, no dropout.

    Sampling settings such as a repetition penalty would otherwise complete those of a run. A saved checkpoint
    holds all end tokens.
    """
    disable_dropout(model)
    ends = list(end_ids(model, tokenizer))
    model.generation_config = GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends if len(ends) > 1 else ends[0],
        pad_token_id=tokenizer.pad_token_id,
    )


def check_model(path: str) -> None:
    """Check that `path` can be loaded, by its configuration alone: fast for a model of any size.

    Raises:
        ConfigError: If `load_model` would raise it for the configuration.
    """
    try:
        model_config(path)
    except (OSError, ValueError) as error:
        raise _unloadable(path, error) from error


def _leave_prompts_open(tokenizer: PreTrainedTokenizerBase) -> None:
    """Stop `tokenizer` from adding an end-of-sequence token to a text. Tokens that it adds in front stay.

    After an end-of-sequence token a model has nothing to complete. The published SimpleStories tokenizers add
    one, for training on whole stories.
    """
    ids, plain = (tokenizer("a", add_special_tokens=special)["input_ids"] for special in (True, False))
    if ids[-1] != tokenizer.eos_token_id or plain[-1] == tokenizer.eos_token_id:
        return
    before = ids[: len(ids) - len(plain) - 1]
    names = tokenizer.convert_ids_to_tokens(before)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=[*names, "$A"], special_tokens=list(dict(zip(names, before, strict=True)).items())
    )


def _unloadable(path: str, error: Exception) -> ConfigError:
    if Path(path).exists():
        return ConfigError(
            f"`model` = {path!r} has no safetensors model that can be loaded: {first_line(error)}"
        )
    if missing := missing_folder(path):
        return ConfigError(missing)
    subject = f"`model` = {path!r} is not a local folder and"
    return hub_error(subject, "wrong id, or no network", "use a local folder, or `starter`", error)
