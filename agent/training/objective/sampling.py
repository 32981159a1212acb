"""Sampling completions outside of training, with a seed of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

from agent.training.sampler.generate import generate
from agent.training.sampler.settings import Sampling
from agent.training.sampler.unsupported import UnsupportedError


class Settings(TypedDict):
    """How to sample; see `sample`."""

    max_new_tokens: int
    temperature: float
    top_p: NotRequired[float]
    seed: int


@dataclass(frozen=True)
class Completions:
    """Sampled completions.

    Attributes:
        texts: decoded, special tokens left out; one per prompt, in order.
        ids: [B, prompt + completion] token ids, prompts left-padded, completions right-padded.
        attention: [B, T], 1 where `ids` holds a token.
        prompt_length: columns that belong to the prompts.
        finished: [B] bool, whether the completion ended by itself.
    """

    texts: list[str]
    ids: torch.Tensor
    attention: torch.Tensor
    prompt_length: int
    finished: torch.Tensor

    @property
    def completion_mask(self) -> torch.Tensor:
        """[B, T - prompt_length], 1 on completion tokens."""
        return self.attention[:, self.prompt_length :]

    @property
    def mean_length(self) -> float:
        """Tokens per completion, end-of-sequence included."""
        return float(self.completion_mask.sum(1).float().mean())

    @property
    def truncated_fraction(self) -> float:
        """Share of completions that were cut off at the greatest length."""
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
    """Sample one completion per prompt; the generators of the caller are left as they were.

    Args:
        model: in any mode; evaluated without dropout, and put back.
        tokenizer: pads on the left.
        prompts: texts.
        max_new_tokens: longest completion.
        temperature: of the softmax.
        top_p: least probability mass to sample from, most likely tokens first; 1 keeps the whole vocabulary.
        seed: same seed, weights and prompts give the same completions.
    """
    device = model.device
    inputs = tokenizer(list(prompts), return_tensors="pt", padding=True).to(device)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        try:
            settings = Sampling(max_new_tokens, (int(tokenizer.eos_token_id),), temperature, top_p)
            generated = generate(model, tokenizer(list(prompts))["input_ids"], settings)
            completions = [torch.tensor(tokens, device=device) for tokens in generated.completions]
            written = pad_sequence(completions, batch_first=True, padding_value=tokenizer.pad_token_id)
            ids = torch.cat([inputs["input_ids"], written], dim=1)
        except UnsupportedError as unsupported:
            unsupported.warn()
            ids = _generated_by_transformers(model, tokenizer, inputs, max_new_tokens, temperature, top_p)
    return read_completions(tokenizer, ids, inputs["attention_mask"])


def _generated_by_transformers(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    inputs: BatchEncoding,
    max_new_tokens: int,
    temperature: float,
    top_p: float,
) -> torch.Tensor:
    was_training = model.training
    model.eval()
    try:
        ids: torch.Tensor = model.generate(  # type: ignore[operator]
            input_ids=inputs["input_ids"],
            attention_mask=inputs["attention_mask"],
            max_new_tokens=max_new_tokens,
            do_sample=True,
            temperature=temperature,
            top_k=0,
            top_p=top_p,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    finally:
        model.train(was_training)
    return ids


def read_completions(
    tokenizer: PreTrainedTokenizerBase, ids: torch.Tensor, prompt_attention: torch.Tensor
) -> Completions:
    """Find out what was sampled.

    Args:
        tokenizer: of the model.
        ids: [B, T], prompts and what the model wrote after them.
        prompt_attention: [B, prompt], 1 where a prompt has a token.
    """
    width = prompt_attention.shape[1]
    generated = ids[:, width:]
    is_eos = generated == tokenizer.eos_token_id
    # A token counts up to and including the first end-of-sequence; padding follows.
    alive = (is_eos.cumsum(1) - is_eos.long()) == 0
    texts = tokenizer.batch_decode(
        generated.masked_fill(~alive, tokenizer.pad_token_id), skip_special_tokens=True
    )
    attention = torch.cat([prompt_attention, alive.long()], dim=1)
    return Completions(texts, ids, attention, width, is_eos.any(1))
