"""Decodes completions token by token; rows that have ended leave the batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from agent.training.sampler.draw import draw
from agent.training.sampler.interface import SamplingParameters
from agent.training.sampler.network import Cache, Network, as_scores, forward

_COMPACT_BELOW = 0.75
"""Share of unfinished rows at which finished ones are removed: copying the cache costs about one token."""

_FEW_ROWS = 12
"""Number of rows up to which threads wait for each other longer than they work."""


@dataclass(frozen=True)
class Prefilled:
    """The state of a batch after its prompts were read.

    Attributes:
        network: The model.
        cache: Keys and values of the prompts, with room for the completions.
        x: [B, width] activations of the last prompt tokens.
        pads: [B] number of padding columns on the left.
        columns: Number of columns of the prompts, padding included.
    """

    network: Network
    cache: Cache
    x: torch.Tensor
    pads: torch.Tensor
    columns: int


@contextmanager
def _threads_kept() -> Iterator[None]:
    """Restore torch's number of threads after the block."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@_threads_kept()
def decode(start: Prefilled, parameters: SamplingParameters) -> tuple[torch.Tensor, torch.Tensor]:
    """[B, T] token ids and their log-probabilities in nats; arbitrary after the end of a row.

    Decoding stops when every row has ended or has `max_new_tokens` tokens. The last few rows are decoded with
    one thread.

    Args:
        start: State after the prompts.
        parameters: How to sample.
    """
    network, cache, x, pads = start.network, start.cache, start.x, start.pads
    length = start.columns + parameters.max_new_tokens
    ends = torch.tensor(parameters.eos_token_ids, device=x.device)
    rows = torch.arange(len(x), device=x.device)
    going = torch.ones_like(rows, dtype=torch.bool)
    mask = padding_scores(pads, length, network.dtype) if bool(pads.any()) else None
    written = torch.zeros(len(x), parameters.max_new_tokens, dtype=torch.long, device=x.device)
    chosen = torch.zeros_like(written, dtype=torch.float32)
    for column in range(start.columns, length):
        step = column - start.columns
        probabilities = network.logits(x, parameters.temperature).softmax(1)
        tokens = draw(probabilities, parameters.top_p, parameters.top_k)
        written[rows, step] = tokens
        chosen[rows, step] = probabilities.gather(1, tokens.unsqueeze(1)).squeeze(1)
        going &= (tokens.unsqueeze(1) != ends).all(1)
        remaining = int(going.sum())
        if remaining == 0 or column + 1 == length:
            break
        if remaining <= _COMPACT_BELOW * len(rows):
            keep = going.nonzero().squeeze(1)
            rows, tokens, pads, going = rows[keep], tokens[keep], pads[keep], going[keep]
            mask = None if mask is None else mask[keep]
            cache = cache.chosen(keep, column, length)
            if len(rows) <= _FEW_ROWS:
                torch.set_num_threads(1)
        x = forward(
            network,
            cache,
            tokens.unsqueeze(1),
            (column - pads).unsqueeze(1),
            column,
            column + 1,
            None if mask is None else mask[..., : column + 1],
        )
    return written[:, : step + 1], chosen[:, : step + 1].log()


def padding_scores(pads: torch.Tensor, length: int, dtype: torch.dtype) -> torch.Tensor:
    """[B, 1, 1, length] to be added to attention scores: minus infinity on the first `pads` [B] columns."""
    return as_scores(torch.arange(length, device=pads.device) >= pads.view(-1, 1, 1, 1), dtype)
