"""Writing completions token by token; rows that have ended leave the batch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from agent.training.sampler.draw import draw
from agent.training.sampler.interface import SamplingParameters
from agent.training.sampler.network import Cache, Network, as_scores, forward

_COMPACT_BELOW = 0.75
"""Share of the rows still being written at which the others leave: copying the cache costs about a token."""

_FEW_ROWS = 12
"""Up to so many, threads wait for each other longer than they work."""


@dataclass(frozen=True)
class Prefilled:
    """Rows of which the prompts have been read.

    Attributes:
        network: the model.
        cache: keys and values of the prompts; has room for the completions.
        x: [B, width] activations of the last prompt tokens.
        pads: [B] columns of padding on the left.
        columns: that the prompts take, padding included.
    """

    network: Network
    cache: Cache
    x: torch.Tensor
    pads: torch.Tensor
    columns: int


@contextmanager
def _threads_kept() -> Iterator[None]:
    """Put torch's number of threads back afterwards."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@_threads_kept()
def decode(start: Prefilled, sampling: SamplingParameters) -> tuple[torch.Tensor, torch.Tensor]:
    """Write until every row has ended, or has its full length; the last few rows by one thread.

    Returns:
        [B, T] tokens, arbitrary after the end of a row, and their log-probabilities.
    """
    network, cache, x, pads = start.network, start.cache, start.x, start.pads
    length = start.columns + sampling.max_new_tokens
    ends = torch.tensor(sampling.eos_token_ids, device=x.device)
    rows = torch.arange(len(x), device=x.device)
    going = torch.ones_like(rows, dtype=torch.bool)
    mask = padding_scores(pads, length, network.dtype) if bool(pads.any()) else None
    written = torch.zeros(len(x), sampling.max_new_tokens, dtype=torch.long, device=x.device)
    chosen = torch.zeros_like(written, dtype=torch.float32)
    for column in range(start.columns, length):
        step = column - start.columns
        probabilities = network.logits(x, sampling.temperature).softmax(1)
        tokens = draw(probabilities, sampling.top_p, sampling.top_k)
        written[rows, step] = tokens
        chosen[rows, step] = probabilities.gather(1, tokens.unsqueeze(1)).squeeze(1)
        going &= (tokens.unsqueeze(1) != ends).all(1)
        left = int(going.sum())
        if left == 0 or column + 1 == length:
            break
        if left <= _COMPACT_BELOW * len(rows):
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
    """[B, 1, 1, length] to be added to attention scores: hides `pads` columns on the left."""
    return as_scores(torch.arange(length, device=pads.device) >= pads.view(-1, 1, 1, 1), dtype)
