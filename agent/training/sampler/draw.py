"""Drawing one token per row: temperature, top-k and top-p, exact in distribution, without a sort."""

import torch
from torch.nn.functional import pad

_BLOCK = 64
"""Tokens per block of the inverse distribution function: its sums are vectorised, a running sum is not."""

_REDRAWS = 8
"""Of rows whose draw fell outside of the nucleus, before the vocabulary is sorted for the few that remain."""


def draw(probabilities: torch.Tensor, top_p: float, top_k: int) -> torch.Tensor:
    """Draw from the `top_k` most likely tokens, and of those from the nucleus of mass `top_p`.

    The nucleus holds a token when the tokens more likely than it have less than `top_p` in mass (Holtzman et
    al. 2020, as transformers reads it; among equals at its edge the choice is open). Drawing from all and
    keeping what lies in the nucleus draws from the nucleus: the test is one pass over the row, where finding
    the nucleus takes a sort.

    Args:
        probabilities: [B, vocabulary].
        top_p: in (0, 1]; 1 keeps all.
        top_k: 0 keeps all.

    Returns:
        [B] tokens. The default generator of the device is used.
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
    """As `draw`, by the same operations whatever is drawn: for a CUDA graph."""
    if top_p >= 1 and top_k == 0:
        return draw_any(probabilities)
    size = probabilities.shape[1]
    return _draw_ordered(probabilities, top_p, min(top_k, size) or size)


def draw_any(weights: torch.Tensor) -> torch.Tensor:
    """Draw [B] columns of [B, N] `weights`, at least 0 and not all 0, by the inverse distribution."""
    rows, size = weights.shape
    if size % _BLOCK:
        weights = pad(weights, (0, -size % _BLOCK))
    blocks = weights.view(rows, -1, _BLOCK)
    # A second uniform number inside of the block: no draw is finer than the numbers it is made of.
    uniform = torch.rand(rows, 2, dtype=torch.float64, device=weights.device)
    block = _pick(blocks.sum(-1), uniform[:, :1])
    inside = blocks.gather(1, block.unsqueeze(2).expand(-1, -1, _BLOCK)).squeeze(1)
    return (block * _BLOCK + _pick(inside, uniform[:, 1:])).squeeze(1).clamp_max(size - 1)


def in_nucleus(probabilities: torch.Tensor, tokens: torch.Tensor, top_p: float) -> torch.Tensor:
    """[B] bool, whether the tokens more likely than `tokens` have less than `top_p` in mass."""
    own = probabilities.gather(1, tokens.unsqueeze(1))
    # Compared into numbers: to multiply by a bool is several times slower.
    above = torch.gt(probabilities, own, out=torch.empty_like(probabilities))
    return above.mul_(probabilities).sum(1) < top_p


def _draw_ordered(probabilities: torch.Tensor, top_p: float, top_k: int) -> torch.Tensor:
    """Draw as `draw` does, from the `top_k` most likely tokens in order."""
    weights, tokens = probabilities.topk(top_k, sorted=True)
    weights = weights / weights.sum(1, keepdim=True)
    above = weights.cumsum(1) - weights
    above[:, 0] = 0  # rounding never costs the most likely token
    weights = weights.masked_fill(above >= top_p, 0)
    return tokens.gather(1, draw_any(weights).unsqueeze(1)).squeeze(1)


def _pick(weights: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """[B, 1] first columns at which the running sum of [B, N] weights exceeds `uniform` of the whole."""
    running = weights.cumsum(1, dtype=torch.float64)
    columns = torch.searchsorted(running, uniform * running[:, -1:], right=True)
    return columns.clamp_max_(weights.shape[1] - 1)
