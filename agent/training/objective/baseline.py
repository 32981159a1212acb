"""Cache of the completions of a starting model, for all runs on a machine that start from it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from agent.training.objective.divergence import token_log_probabilities
from agent.training.objective.sampling import Completions, SampleArguments, read_completions, sample
from agent.training.sampler.ends import end_ids
from rewards.files.atomic_write import replacing
from rewards.files.cache_dir import cache_dir

_SAMPLED_ELEMENTS = 4096
"""Elements of each tensor that are hashed; training changes all elements."""


def starter_completions(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    **arguments: Unpack[SampleArguments],
) -> tuple[Completions, torch.Tensor]:
    """Completions of `prompts` as `sample` draws them, and [B, T] log-probabilities of their tokens.

    They are read from the cache if an earlier run sampled them. The cache key contains everything that the
    draw depends on: weights, tokens of the prompts, end tokens, arguments, device, number of threads,
    version of torch.

    Args:
        model: The starting model.
        tokenizer: The tokenizer of the model.
        prompts: Texts.
        **arguments: Passed to `sample`.

    Returns:
        The completions, and their log-probabilities as `token_log_probabilities` returns them.

    Raises:
        FloatingPointError: If the model's logits are not finite.
        OSError: If the cache cannot be written.
    """
    depends_on = {
        "recipe": 5,
        "weights": weights_hash(model),
        "prompts": tokenizer(list(prompts))["input_ids"],
        "ends": end_ids(model, tokenizer),
        "settings": arguments,
        "machine": [str(model.device.type), torch.get_num_threads(), torch.__version__],
    }
    key = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()[:24]
    path = cache_dir() / f"baseline-{key}.safetensors"
    cached = _read(path, model, tokenizer)
    if cached is not None:
        return cached
    drawn = sample(model, tokenizer, prompts, **arguments)
    log_probabilities = token_log_probabilities(model, drawn)
    prompt_attention = drawn.attention[:, : drawn.prompt_length].contiguous()
    tensors = {
        "ids": drawn.ids.contiguous(),
        "prompt_attention": prompt_attention,
        "log_probabilities": log_probabilities.contiguous(),
    }
    with replacing(path) as scratch:
        save_file(tensors, scratch)
    return drawn, log_probabilities


def weights_hash(model: PreTrainedModel) -> str:
    """SHA-256 hex digest of evenly spaced elements of every weight of `model`, in order."""
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
    """The content of the cache file at `path`; `None` if it does not exist or is damaged."""
    try:
        tensors = load_file(path, device=str(model.device))
    except (OSError, SafetensorError):
        return None
    rows = read_completions(tokenizer, tensors["ids"], tensors["prompt_attention"], end_ids(model, tokenizer))
    return rows, tensors["log_probabilities"]
