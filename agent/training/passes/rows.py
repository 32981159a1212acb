"""A padded batch as groups of rows of like length that begin with their first token."""

from dataclasses import dataclass

import torch
from torch import Tensor

_PASS_TOKENS = 48
"""What one more pass through a small model costs on a CPU beside its tokens, measured in tokens."""


@dataclass(frozen=True)
class Rows:
    """Some rows of a batch, without their padding but for some at the right end.

    A causal model needs no mask for it: no token sees what stands after it.

    Attributes:
        ids: [rows, width] token ids.
        columns: [rows, width] where each token stood in the batch; positions are counted by it.
        scored: [rows, width] bool, tokens of completions.
        places: [scored tokens] where each of these stands in the flattened [B, completion] of the batch.
    """

    ids: Tensor
    columns: Tensor
    scored: Tensor
    places: Tensor


def unpadded(ids: Tensor, attention: Tensor, completion: int, most: int, split: bool) -> list[Rows]:
    """Take a batch apart.

    Args:
        ids: [B, T] prompts, padded on the left, and completions, padded on the right.
        attention: [B, T], 1 on tokens.
        completion: columns that belong to completions. A row without a token there is left out.
        most: rows per group.
        split: sort rows into groups by length, wherever that saves more than a further pass costs; else keep
            their order.
    """
    prompt = ids.shape[1] - completion
    before = attention[:, :prompt].logical_not().sum(1)
    lengths = attention.sum(1)
    chosen = attention[:, prompt:].any(1).nonzero().squeeze(1)
    if not len(chosen):
        chosen = chosen.new_zeros(1)  # one row, so that a batch without tokens has a gradient: of zeros
    if split:
        chosen = chosen[lengths[chosen].argsort(descending=True, stable=True)]
        sizes = group_sizes(lengths[chosen].tolist(), most)
    else:
        sizes = [len(part) for part in chosen.split(most)]
    return [_rows(ids, before, lengths, prompt, group) for group in chosen.split(sizes)]


def _rows(ids: Tensor, before: Tensor, lengths: Tensor, prompt: int, group: Tensor) -> Rows:
    first = before[group, None]
    steps = torch.arange(_width(int(lengths[group].max())), device=ids.device)
    columns = (first + steps).clamp(max=ids.shape[1] - 1)
    scored = (steps < lengths[group, None]) & (columns >= prompt)
    places = group[:, None] * (ids.shape[1] - prompt) + columns - prompt
    return Rows(ids[group[:, None], columns], columns, scored, places[scored])


def _width(longest: int) -> int:
    """`longest` rounded up by a sixteenth at most: tensors of later steps then fit where others have been."""
    step = 1 << max(0, longest.bit_length() - 5)
    return -(-longest // step) * step


def group_sizes(lengths: list[int], most: int) -> list[int]:
    """Sizes of consecutive groups that together cost least: padded tokens, and `_PASS_TOKENS` per group.

    Args:
        lengths: in falling order.
        most: rows per group.
    """
    best: list[tuple[int, int]] = [(0, 0)]  # (cost of the first n rows, size of the last group among them)
    for end in range(1, len(lengths) + 1):
        costs = (
            (best[end - size][0] + size * lengths[end - size] + _PASS_TOKENS, size)
            for size in range(1, min(most, end) + 1)
        )
        best.append(min(costs))
    sizes = []
    end = len(lengths)
    while end:
        sizes.append(best[end][1])
        end -= best[end][1]
    return sizes[::-1]
