"""Completions of a starting model, sampled once per machine: runs of a sweep begin from the same weights."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from agent.training.objective.divergence import token_log_probabilities
from agent.training.objective.sampling import Completions, Settings, read_completions, sample
from rewards.cache_dir import cache_dir

_SAMPLED_ELEMENTS = 4096
"""Elements of each tensor that identify it; training changes all."""


def starter_completions(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    **settings: Unpack[Settings],
) -> tuple[Completions, torch.Tensor]:
    """Sample as `sample` does, or read what an earlier run sampled from the same weights.

    The cache is keyed by all that the draw depends on: weights, tokens of the prompts, settings, device,
    number of threads and version of torch.

    Returns:
        The completions, and what `token_log_probabilities` gives for them.
    """
    depends_on = {
        "recipe": 4,
        "weights": weights_hash(model),
        "prompts": tokenizer(list(prompts))["input_ids"],
        "settings": settings,
        "machine": [str(model.device.type), torch.get_num_threads(), torch.__version__],
    }
    key = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:24]
    path = cache_dir() / f"baseline-{key}.safetensors"
    found = _read(path, model, tokenizer)
    if found is not None:
        return found
    drawn = sample(model, tokenizer, prompts, **settings)
    log_probabilities = token_log_probabilities(model, drawn)
    building = path.with_name(f".{path.name}.{os.getpid()}")
    prompts_only = drawn.attention[:, : drawn.prompt_length].contiguous()
    save_file(
        {
            "ids": drawn.ids.contiguous(),
            "prompt_attention": prompts_only,
            "log_probabilities": log_probabilities.contiguous(),
        },
        building,
    )
    os.replace(building, path)
    return drawn, log_probabilities


def weights_hash(model: PreTrainedModel) -> str:
    """Identifies a model by evenly spread elements of every weight, in order."""
    digest = hashlib.sha256()
    for name, weight in model.state_dict().items():
        flat = weight.reshape(-1)
        chosen = flat[:: max(1, flat.numel() // _SAMPLED_ELEMENTS)]
        digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode())
        digest.update(chosen.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _read(
    path: Path, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> tuple[Completions, torch.Tensor] | None:
    """What the cache has; `None` where it has nothing, or a damaged file."""
    try:
        tensors = load_file(path, device=str(model.device))
    except (OSError, SafetensorError):
        return None
    rows = read_completions(tokenizer, tensors["ids"], tensors["prompt_attention"])
    return rows, tensors["log_probabilities"]
