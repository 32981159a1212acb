"""Sampling a batch of completions: each distinct prompt is read once, then all rows are written together."""

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
    sampling: SamplingParameters,
    dtype: torch.dtype | None = None,
) -> Generated:
    """Sample one completion per prompt, with the default generator of the model's device.

    Args:
        model: a `LlamaForCausalLM` or `GPT2LMHeadModel`, also with LoRA adapters; its weights are read now.
        prompts: tokens of each; none empty.
        sampling: how.
        dtype: to compute in, that of the weights when absent; logits are float32 always.

    Raises:
        UnsupportedError: the model is not one of these.
        FloatingPointError: its logits are not finite.
    """
    start = prefill(model, prompts, sampling, dtype or next(model.parameters()).dtype)
    if start.x.device.type == "cuda":
        tokens, log_probabilities = StaticDecoder(start, sampling).run()
    else:
        tokens, log_probabilities = decode(start, sampling)
    return _cut(tokens, log_probabilities, sampling.eos_token_ids)


def prefill(
    model: nn.Module, prompts: Sequence[Sequence[int]], sampling: SamplingParameters, dtype: torch.dtype
) -> Prefilled:
    """Read the prompts, equal ones once. Arguments and errors are those of `generate`."""
    columns = max(map(len, prompts))
    length = columns + sampling.max_new_tokens
    network = _network(model, dtype, length)
    distinct = {prompt: row for row, prompt in enumerate(dict.fromkeys(map(tuple, prompts)))}
    tokens = pad_sequence([torch.tensor(p) for p in distinct], batch_first=True, padding_side="left")
    tokens = tokens.to(network.device)
    pads = torch.tensor([columns - len(prompt) for prompt in distinct], device=network.device)
    column = torch.arange(columns, device=network.device)
    causal = (column <= column.unsqueeze(1)) & (column >= pads.view(-1, 1, 1))
    # Padding sees itself: a softmax over nothing would leave NaN in the cache.
    mask = as_scores(causal | torch.eye(columns, dtype=torch.bool, device=network.device), dtype).unsqueeze(1)
    cache = Cache(network, len(distinct), columns)
    positions = (column - pads.unsqueeze(1)).clamp_min(0)
    x = forward(network, cache, tokens, positions, 0, columns, mask)
    which = torch.tensor([distinct[tuple(prompt)] for prompt in prompts], device=network.device)
    return Prefilled(network, cache.chosen(which, columns, length), x[which], pads[which], columns)


def _network(model: nn.Module, dtype: torch.dtype, length: int) -> Network:
    own = own_model(model)
    if type(own) is LlamaForCausalLM:
        return Llama(own, dtype, length)
    if type(own) is GPT2LMHeadModel:
        return GPT2(own, dtype, length)
    raise UnsupportedError(f"the model is a {type(own).__name__}")


def _cut(tokens: torch.Tensor, log_probabilities: torch.Tensor, ends: tuple[int, ...]) -> Generated:
    """Cut each row after its first end-of-sequence."""
    is_end = torch.isin(tokens, torch.tensor(ends, device=tokens.device))
    kept = is_end.cumsum(1) - is_end.long() == 0
    if not bool(log_probabilities[kept].isfinite().all()):
        raise FloatingPointError("the model's logits are NaN or infinite: nothing can be sampled from them")
    lengths = kept.sum(1).tolist()
    return Generated(
        [row[:n] for row, n in zip(tokens.tolist(), lengths, strict=True)],
        [row[:n] for row, n in zip(log_probabilities.tolist(), lengths, strict=True)],
    )
