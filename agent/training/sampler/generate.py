"""Samples a batch of completions: reads each distinct prompt once, then decodes all rows together."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import GPT2LMHeadModel, LlamaForCausalLM

from agent.training.sampler.gpt2 import GPT2
from agent.training.sampler.interface import Generated, SamplingParameters, UnsupportedError
from agent.training.sampler.llama import Llama
from agent.training.sampler.loop import Prefilled, decode
from agent.training.sampler.network import Cache, Network, as_scores, forward
from agent.training.sampler.static import StaticDecoder
from agent.training.sampler.weights import own_model


@torch.inference_mode()
def generate(
    model: nn.Module,
    prompts: Sequence[Sequence[int]],
    parameters: SamplingParameters,
    dtype: torch.dtype | None = None,
) -> Generated:
    """One completion per prompt, sampled with the default random generator of the model's device.

    Args:
        model: A `LlamaForCausalLM` or `GPT2LMHeadModel`, with or without LoRA adapters.
        prompts: Token ids of each prompt; none may be empty.
        parameters: How to sample.
        dtype: Of the computation; `None` for that of the weights. Logits are always float32.

    Raises:
        UnsupportedError: If the model is of another class.
        FloatingPointError: If the logits are not finite.
    """
    start = prefill(model, prompts, parameters, dtype or next(model.parameters()).dtype)
    if start.x.device.type == "cuda":
        tokens, log_probabilities = StaticDecoder(start, parameters).run()
    else:
        tokens, log_probabilities = decode(start, parameters)
    return _cut(tokens, log_probabilities, parameters.eos_token_ids)


def prefill(
    model: nn.Module, prompts: Sequence[Sequence[int]], parameters: SamplingParameters, dtype: torch.dtype
) -> Prefilled:
    """The state after reading the prompts, equal ones only once. Arguments as for `generate`.

    Raises:
        UnsupportedError: If the model is of another class.
    """
    columns = max(map(len, prompts))
    length = columns + parameters.max_new_tokens
    network = _network(model, dtype, length)
    distinct = {prompt: row for row, prompt in enumerate(dict.fromkeys(map(tuple, prompts)))}
    tokens = pad_sequence([torch.tensor(p) for p in distinct], batch_first=True, padding_side="left")
    tokens = tokens.to(network.device)
    pads = torch.tensor([columns - len(prompt) for prompt in distinct], device=network.device)
    column = torch.arange(columns, device=network.device)
    causal = (column <= column.unsqueeze(1)) & (column >= pads.view(-1, 1, 1))
    # Padding attends to itself: a softmax over nothing would put NaN into the cache.
    mask = as_scores(causal | torch.eye(columns, dtype=torch.bool, device=network.device), dtype).unsqueeze(1)
    cache = Cache(network, len(distinct), columns)
    positions = (column - pads.unsqueeze(1)).clamp_min(0)
    x = forward(network, cache, tokens, positions, 0, columns, mask)
    rows = torch.tensor([distinct[tuple(prompt)] for prompt in prompts], device=network.device)
    return Prefilled(network, cache.chosen(rows, columns, length), x[rows], pads[rows], columns)


def _network(model: nn.Module, dtype: torch.dtype, length: int) -> Network:
    own = own_model(model)
    if type(own) is LlamaForCausalLM:
        return Llama(own, dtype, length)
    if type(own) is GPT2LMHeadModel:
        return GPT2(own, dtype, length)
    raise UnsupportedError(f"the model is a {type(own).__name__}")


def _cut(tokens: torch.Tensor, log_probabilities: torch.Tensor, ends: tuple[int, ...]) -> Generated:
    """The completions in [B, T] tokens, each cut after its first end-of-sequence token."""
    is_end = torch.isin(tokens, torch.tensor(ends, device=tokens.device))
    kept = is_end.cumsum(1) - is_end.long() == 0
    if not bool(log_probabilities[kept].isfinite().all()):
        raise FloatingPointError("the model's logits are NaN or infinite: nothing can be sampled from them")
    lengths = kept.sum(1).tolist()
    return Generated(
        [row[:n] for row, n in zip(tokens.tolist(), lengths, strict=True)],
        [row[:n] for row, n in zip(log_probabilities.tolist(), lengths, strict=True)],
    )
