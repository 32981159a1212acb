"""Draws one token per row with top-k and top-p, exact in distribution and without sorting."""

import torch
from torch.nn.functional import pad

_BLOCK = 64
"""Tokens per block of the inverse CDF: a sum over a block is vectorised, a cumulative sum is not."""

_REDRAWS = 8
"""Attempts to draw again for rows outside the nucleus, before the vocabulary of the rest is sorted."""


def draw(probabilities: torch.Tensor, top_p: float, top_k: int) -> torch.Tensor:
    """[B] token ids, drawn from the nucleus of mass `top_p` of the `top_k` most likely tokens.

    A token is in the nucleus if the tokens more likely than it have a mass below `top_p` (Holtzman et al.
    2020, as implemented in transformers; ties at the edge may go either way). Without top-k, tokens are drawn
    from the whole vocabulary and drawn again while they are outside the nucleus. Checking one token takes one
    pass over the row; finding the nucleus would take a sort. The default random generator of the device is
    used.

    Args:
        probabilities: [B, vocabulary], in [0, 1].
        top_p: Mass of the nucleus, in (0, 1]; 1 keeps all tokens.
        top_k: Number of most likely tokens; 0 keeps all.
    """
    if 0 < top_k < probabilities.shape[1]:
        return _draw_ordered(probabilities, top_p, top_k)
    tokens = draw_any(probabilities)
    if top_p >= 1:
        return tokens
    outside = (~in_nucleus(probabilities, tokens, top_p)).nonzero().squeeze(1)
    for _ in range(_REDRAWS):
        if not len(outside):
            return tokens
        rows = probabilities[outside]
        again = draw_any(rows)
        tokens[outside] = again
        outside = outside[~in_nucleus(rows, again, top_p)]
    if len(outside):
        tokens[outside] = _draw_ordered(probabilities[outside], top_p, probabilities.shape[1])
    return tokens


def draw_static(probabilities: torch.Tensor, top_p: float, top_k: int) -> torch.Tensor:
    """[B] token ids as from `draw`, by operations that do not depend on the draw: for a CUDA graph."""
    if top_p >= 1 and top_k == 0:
        return draw_any(probabilities)
    size = probabilities.shape[1]
    return _draw_ordered(probabilities, top_p, min(top_k, size) or size)


def draw_any(weights: torch.Tensor) -> torch.Tensor:
    """[B] column indices drawn in proportion to [B, N] `weights`, which are at least 0 and not all 0."""
    rows, size = weights.shape
    if size % _BLOCK:
        weights = pad(weights, (0, -size % _BLOCK))
    blocks = weights.view(rows, -1, _BLOCK)
    # A second uniform number for the column in the block: one number has not enough digits for both.
    uniform = torch.rand(rows, 2, dtype=torch.float64, device=weights.device)
    block = _pick(blocks.sum(-1), uniform[:, :1])
    inside = blocks.gather(1, block.unsqueeze(2).expand(-1, -1, _BLOCK)).squeeze(1)
    return (block * _BLOCK + _pick(inside, uniform[:, 1:])).squeeze(1).clamp_max(size - 1)


def in_nucleus(probabilities: torch.Tensor, tokens: torch.Tensor, top_p: float) -> torch.Tensor:
    """[B] bool, whether the tokens more likely than each of `tokens` [B] have a mass below `top_p`."""
    own = probabilities.gather(1, tokens.unsqueeze(1))
    # The comparison writes floats: multiplying by a bool is several times slower.
    above = torch.gt(probabilities, own, out=torch.empty_like(probabilities))
    return above.mul_(probabilities).sum(1) < top_p


def _draw_ordered(probabilities: torch.Tensor, top_p: float, top_k: int) -> torch.Tensor:
    """[B] token ids as from `draw`, by sorting the `top_k` most likely tokens."""
    weights, tokens = probabilities.topk(top_k, sorted=True)
    weights = weights / weights.sum(1, keepdim=True)
    above = weights.cumsum(1) - weights
    above[:, 0] = 0  # rounding must not exclude the most likely token
    weights = weights.masked_fill(above >= top_p, 0)
    return tokens.gather(1, draw_any(weights).unsqueeze(1)).squeeze(1)


def _pick(weights: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """[B, 1] first columns where the cumulative sum of [B, N] weights exceeds `uniform` times the total."""
    cumulative = weights.cumsum(1, dtype=torch.float64)
    columns = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
    return columns.clamp_max_(weights.shape[1] - 1)
