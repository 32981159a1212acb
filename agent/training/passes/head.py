"""Log-probabilities of given tokens from hidden states, without a second copy of the vocabulary's logits."""

from typing import Any

import torch
from torch import Tensor

from agent.training.passes.onednn import ROWS, filled_up, linear, outer_sum

_CHUNK = 1 << 21
"""Logits worked on at a time: 8 MB stay in a processor's cache."""
_KEPT = 1 << 24
"""Exponentials kept for the backward pass, at most: 64 MB; of a larger batch they are computed again."""


def score_tokens(
    hidden: Tensor, weight: Tensor, tokens: Tensor, temperature: float, entropies: bool
) -> tuple[Tensor, Tensor | None]:
    """Log-probability of each token, and entropy of the distribution it was drawn from.

    Args:
        hidden: [N, width] states before the output layer, float32.
        weight: [vocabulary, width] of the output layer.
        tokens: [N] ids.
        temperature: that logits are divided by.
        entropies: whether they are wanted: they take another pass over all logits.

    Returns:
        [N] log-probabilities, and [N] entropies in nats or nothing; these have no gradient.
    """
    keep = torch.is_grad_enabled() and tokens.shape[0] * weight.shape[0] <= _KEPT
    log_p, entropy = _scores(hidden / temperature, weight, tokens, keep, entropies)
    return log_p, entropy


def _logits(hidden: Tensor, weight: Tensor, multiple: int) -> Tensor:
    return linear(filled_up(hidden, multiple), weight)[: hidden.shape[0]]


class _Scores(torch.autograd.Function):
    """With e = exp(logit - greatest) and s its sum: log p = logit - greatest - log s, p = e / s."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, tokens: Tensor, keep: bool, entropies: bool
    ) -> tuple[Tensor, Tensor | None]:
        count, chunk = tokens.shape[0], max(1, _CHUNK // weight.shape[0])
        multiple = min(ROWS, chunk)  # a piece of a large vocabulary has fewer rows
        kept = []  # piece by piece: a block as large as all of them would find no place among what was freed
        log_p, greatest, total = hidden.new_empty(3, count).unbind()
        entropy = hidden.new_empty(count) if entropies else None
        for start in range(0, count, chunk):
            part = slice(start, start + chunk)
            logits = _logits(hidden[part], weight, multiple)
            greatest[part] = logits.amax(-1)
            logits -= greatest[part, None]
            exponentials = logits.exp()
            if keep:
                kept.append(exponentials)
            total[part] = exponentials.sum(-1)
            log_p[part] = logits.gather(1, tokens[part, None]).squeeze(1) - total[part].log()
            if entropy is not None:
                entropy[part] = total[part].log() - logits.mul_(exponentials).sum(-1) / total[part]
        ctx.save_for_backward(hidden, weight, tokens, greatest, total, *kept)
        ctx.chunk, ctx.multiple = chunk, multiple
        if entropy is not None:
            ctx.mark_non_differentiable(entropy)
        return log_p, entropy

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, tokens, greatest, total, *kept = ctx.saved_tensors
        gradient, multiple = gradients[0], ctx.multiple
        of_weight = ctx.needs_input_grad[1]
        hidden_gradient = torch.empty_like(hidden)
        weight_gradient = torch.zeros_like(weight) if of_weight else None
        for start in range(0, tokens.shape[0], ctx.chunk):
            part = slice(start, start + ctx.chunk)
            if kept:
                slope = kept[start // ctx.chunk]
            else:
                slope = (_logits(hidden[part], weight, multiple) - greatest[part, None]).exp_()
            # d log p(token) / d logit = [token] - p, times what flows in.
            slope = slope * (-gradient[part] / total[part])[:, None]
            slope.scatter_add_(1, tokens[part, None], gradient[part, None])
            count, slope = slope.shape[0], filled_up(slope, multiple)
            hidden_gradient[part] = linear(slope, weight.t())[:count]
            if weight_gradient is not None:
                weight_gradient += outer_sum(slope, filled_up(hidden[part], multiple))
        return hidden_gradient, weight_gradient, None, None, None


_scores: Any = _Scores.apply
