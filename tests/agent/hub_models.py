"""Folders with tiny random models of any architecture, as they are published on the model hub."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase


def hub_model(
    kind: str,
    starter: Path,
    folder: Path,
    *,
    generation: dict[str, Any] | None = None,
    chat_end: str | None = None,
    **shape: Any,
) -> Path:
    """The folder of a random model of the transformers type `kind`.

    Args:
        kind: Such as `llama`.
        starter: A starter, whose tokenizer the model gets.
        folder: Where the model is saved.
        generation: Generation settings that are saved with the model.
        chat_end: A special token that is added to the tokenizer.
        **shape: Fields of the model's configuration beside the usual ones.
    """
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(starter)
    if chat_end is not None:
        tokenizer.add_special_tokens({"additional_special_tokens": [chat_end]})
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
    }
    ends = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    config = AutoConfig.for_model(kind, vocab_size=len(tokenizer), **{**sizes, **ends, **shape})
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config)
    model.save_pretrained(folder)
    if generation is not None:  # written as published: transformers refuses to save some old settings
        (folder / "generation_config.json").write_text(json.dumps({**ends, **generation}))
    tokenizer.save_pretrained(folder)
    return folder
