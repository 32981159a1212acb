"""Splits a padded batch into groups of rows of similar length, without left padding."""

from dataclasses import dataclass

import torch
from torch import Tensor

_PASS_TOKENS = 48
"""Fixed cost on a CPU of one more pass through a small model, in tokens."""


@dataclass(frozen=True)
class Rows:
    """Some rows of a batch without left padding; a little padding may remain on the right.

    A causal model needs no mask for right padding: no token attends to later ones.

    Attributes:
        ids: [rows, width] token ids.
        columns: [rows, width] column of each token in the batch.
        scored: [rows, width] bool, true on tokens of completions.
        indices: [scored tokens] index of each of these in the flattened [B, completion] result.
    """

    ids: Tensor
    columns: Tensor
    scored: Tensor
    indices: Tensor


def unpadded(
    ids: Tensor, attention: Tensor, completion_columns: int, max_rows: int, split: bool
) -> list[Rows]:
    """The rows of a batch in groups; rows without a completion token are left out.

    Args:
        ids: [B, T] token ids of prompts, padded on the left, and completions, padded on the right.
        attention: [B, T], 1 on tokens and 0 on padding.
        completion_columns: Number of columns that belong to completions.
        max_rows: Maximum number of rows per group.
        split: Whether to sort the rows by length and start a new group where that saves more than one more
            pass costs. Otherwise rows keep their order.
    """
    prompt = ids.shape[1] - completion_columns
    before = attention[:, :prompt].logical_not().sum(1)
    lengths = attention.sum(1)
    chosen = attention[:, prompt:].any(1).nonzero().squeeze(1)
    if not len(chosen):
        chosen = chosen.new_zeros(1)  # one row, so that a batch without tokens has a gradient, which is zero
    if split:
        chosen = chosen[lengths[chosen].argsort(descending=True, stable=True)]
        sizes = group_sizes(lengths[chosen].tolist(), max_rows)
    else:
        sizes = [len(part) for part in chosen.split(max_rows)]
    return [_rows(ids, before, lengths, prompt, group) for group in chosen.split(sizes)]


def _rows(ids: Tensor, before: Tensor, lengths: Tensor, prompt: int, group: Tensor) -> Rows:
    first = before[group, None]
    steps = torch.arange(_width(int(lengths[group].max())), device=ids.device)
    columns = (first + steps).clamp(max=ids.shape[1] - 1)
    scored = (steps < lengths[group, None]) & (columns >= prompt)
    indices = group[:, None] * (ids.shape[1] - prompt) + columns - prompt
    return Rows(ids[group[:, None], columns], columns, scored, indices[scored])


def _width(longest: int) -> int:
    """`longest` rounded up by at most 1/16, so that tensors of later steps fit into freed memory."""
    step = 1 << max(0, longest.bit_length() - 5)
    return -(-longest // step) * step


def group_sizes(lengths: list[int], max_rows: int) -> list[int]:
    """Sizes of consecutive groups with the lowest total cost: padded tokens, and `_PASS_TOKENS` per group.

    Args:
        lengths: Tokens per row, in descending order.
        max_rows: Maximum number of rows per group.
    """
    best: list[tuple[int, int]] = [(0, 0)]  # (cost of the first n rows, size of the last group among them)
    for end in range(1, len(lengths) + 1):
        costs = (
            (best[end - size][0] + size * lengths[end - size] + _PASS_TOKENS, size)
            for size in range(1, min(max_rows, end) + 1)
        )
        best.append(min(costs))
    sizes = []
    end = len(lengths)
    while end:
        sizes.append(best[end][1])
        end -= best[end][1]
    return sizes[::-1]
