"""Samples completions outside of training, with a seed of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

from agent.training.objective.modes import evaluating
from agent.training.sampler.ends import end_ids
from agent.training.sampler.generate import generate
from agent.training.sampler.interface import SamplingParameters, UnsupportedError


class SampleArguments(TypedDict):
    """Keyword arguments of `sample`."""

    max_new_tokens: int
    temperature: float
    top_p: NotRequired[float]
    seed: int


@dataclass(frozen=True)
class Completions:
    """Sampled completions.

    Attributes:
        texts: The decoded completions without special tokens, one per prompt, in order.
        ids: [B, prompt + completion] token ids, prompts padded on the left, completions on the right.
        attention: [B, prompt + completion], 1 where `ids` holds a token and 0 on padding.
        prompt_length: Number of columns that belong to the prompts.
        finished: [B] bool, whether the completion has an end-of-sequence token.
    """

    texts: list[str]
    ids: torch.Tensor
    attention: torch.Tensor
    prompt_length: int
    finished: torch.Tensor

    @property
    def completion_mask(self) -> torch.Tensor:
        """[B, completion], 1 on completion tokens and 0 on padding."""
        return self.attention[:, self.prompt_length :]

    @property
    def mean_length(self) -> float:
        """Mean number of tokens per completion, the end-of-sequence token included."""
        return float(self.completion_mask.sum(1).float().mean())

    @property
    def truncated_fraction(self) -> float:
        """Share of completions that were cut off at the maximum length, in [0, 1]."""
        return 1.0 - float(self.finished.float().mean())


@torch.no_grad()
def sample(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    *,
    max_new_tokens: int,
    temperature: float,
    top_p: float = 1.0,
    seed: int,
) -> Completions:
    """One sampled completion per prompt. The state of the caller's random generators does not change.

    Args:
        model: In any mode; it samples without dropout, and its mode is restored.
        tokenizer: Pads on the left.
        prompts: Texts.
        max_new_tokens: Longest completion in tokens.
        temperature: Divisor of the logits, above 0.
        top_p: Probability mass of the nucleus, in (0, 1]; 1 keeps the whole vocabulary.
        seed: The same seed, weights and prompts give the same completions.

    Raises:
        FloatingPointError: If the model's logits are not finite.
    """
    device = model.device
    ends = end_ids(model, tokenizer)
    inputs = tokenizer(list(prompts), return_tensors="pt", padding=True).to(device)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        parameters = SamplingParameters(max_new_tokens, ends, temperature, top_p)
        try:
            generated = generate(model, tokenizer(list(prompts))["input_ids"], parameters)
            completions = [torch.tensor(tokens, device=device) for tokens in generated.completions]
            padded = pad_sequence(completions, batch_first=True, padding_value=tokenizer.pad_token_id)
            ids = torch.cat([inputs["input_ids"], padded], dim=1)
        except UnsupportedError as unsupported:
            unsupported.warn()
            ids = _generate_with_transformers(model, tokenizer, inputs, parameters)
    return read_completions(tokenizer, ids, inputs["attention_mask"], ends)


def _generate_with_transformers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    inputs: BatchEncoding,
    parameters: SamplingParameters,
) -> torch.Tensor:
    with evaluating(model):
        ids: torch.Tensor = model.generate(  # type: ignore[operator]
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=parameters.max_new_tokens,
            do_sample=True,
            temperature=parameters.temperature,
            top_k=parameters.top_k,
            top_p=parameters.top_p,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=list(parameters.eos_token_ids),
        )
    return ids


def read_completions(
    tokenizer: PreTrainedTokenizerBase,
    ids: torch.Tensor,
    prompt_attention: torch.Tensor,
    ends: tuple[int, ...],
) -> Completions:
    """The completions in a batch of token ids, each up to its first end-of-sequence token.

    Args:
        tokenizer: The tokenizer of the model.
        ids: [B, prompt + completion] token ids of prompts and completions.
        prompt_attention: [B, prompt], 1 where a prompt has a token and 0 on padding.
        ends: Ids of the tokens that end a completion; see `end_ids`.
    """
    width = prompt_attention.shape[1]
    generated = ids[:, width:]
    is_eos = torch.isin(generated, torch.tensor(ends, device=generated.device))
    # The first end-of-sequence token still belongs to the completion; padding follows.
    alive = (is_eos.cumsum(1) - is_eos.long()) == 0
    texts = tokenizer.batch_decode(
        generated.masked_fill(~alive, tokenizer.pad_token_id), skip_special_tokens=True
    )
    attention = torch.cat([prompt_attention, alive.long()], dim=1)
    return Completions(texts, ids, attention, width, is_eos.any(1))
