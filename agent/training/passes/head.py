"""Log-probabilities of given tokens from hidden states, chunk by chunk, without a tensor of all logits."""

from typing import Any

import torch
from torch import Tensor

from agent.training.passes.onednn import ROWS, linear, outer_sum, pad_rows

_CHUNK = 1 << 21
"""Number of logits per chunk: 8 MB fit into the cache of a CPU."""
_MAX_KEPT = 1 << 24
"""Maximum number of exponentials (64 MB) kept for the backward pass; a larger batch computes them again."""


def score_tokens(
    hidden: Tensor, weight: Tensor, tokens: Tensor, temperature: float, entropies: bool
) -> tuple[Tensor, Tensor | None]:
    """[N] log-probabilities in nats of `tokens`, and [N] entropies in nats of their distributions or `None`.

    Args:
        hidden: [N, width] float32 activations before the output layer.
        weight: [vocabulary, width] weight of the output layer.
        tokens: [N] token ids.
        temperature: Divisor of the logits.
        entropies: Whether to compute entropies, which takes another pass over all logits. They have no
            gradient.
    """
    keep = torch.is_grad_enabled() and tokens.shape[0] * weight.shape[0] <= _MAX_KEPT
    log_p, entropy = _scores(hidden / temperature, weight, tokens, keep, entropies)
    return log_p, entropy


def _logits(hidden: Tensor, weight: Tensor, multiple: int) -> Tensor:
    return linear(pad_rows(hidden, multiple), weight)[: hidden.shape[0]]


class _Scores(torch.autograd.Function):
    """With e = exp(logit - max) and s the sum of e: log p = logit - max - log s, and p = e / s."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, tokens: Tensor, keep: bool, entropies: bool
    ) -> tuple[Tensor, Tensor | None]:
        count, chunk = tokens.shape[0], max(1, _CHUNK // weight.shape[0])
        multiple = min(ROWS, chunk)  # a chunk of a large vocabulary has fewer rows
        kept = []  # one tensor per chunk: a single large one would not fit into freed memory
        log_p, largest, total = hidden.new_empty(3, count).unbind()
        entropy = hidden.new_empty(count) if entropies else None
        for start in range(0, count, chunk):
            part = slice(start, start + chunk)
            logits = _logits(hidden[part], weight, multiple)
            largest[part] = logits.amax(-1)
            logits -= largest[part, None]
            exponentials = logits.exp()
            if keep:
                kept.append(exponentials)
            total[part] = exponentials.sum(-1)
            log_p[part] = logits.gather(1, tokens[part, None]).squeeze(1) - total[part].log()
            if entropy is not None:
                entropy[part] = total[part].log() - logits.mul_(exponentials).sum(-1) / total[part]
        ctx.save_for_backward(hidden, weight, tokens, largest, total, *kept)
        ctx.chunk, ctx.multiple = chunk, multiple
        if entropy is not None:
            ctx.mark_non_differentiable(entropy)
        return log_p, entropy

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        hidden, weight, tokens, largest, total, *kept = ctx.saved_tensors
        gradient, multiple = gradients[0], ctx.multiple
        weight_needs_gradient = ctx.needs_input_grad[1]
        hidden_gradient = torch.empty_like(hidden)
        weight_gradient = torch.zeros_like(weight) if weight_needs_gradient else None
        for start in range(0, tokens.shape[0], ctx.chunk):
            part = slice(start, start + ctx.chunk)
            if kept:
                slope = kept[start // ctx.chunk]
            else:
                slope = (_logits(hidden[part], weight, multiple) - largest[part, None]).exp_()
            # d log p(token) / d logit = one-hot(token) - p, times the incoming gradient.
            slope = slope * (-gradient[part] / total[part])[:, None]
            slope.scatter_add_(1, tokens[part, None], gradient[part, None])
            count, slope = slope.shape[0], pad_rows(slope, multiple)
            hidden_gradient[part] = linear(slope, weight.t())[:count]
            if weight_gradient is not None:
                weight_gradient += outer_sum(slope, pad_rows(hidden[part], multiple))
        return hidden_gradient, weight_gradient, None, None, None


_scores: Any = _Scores.apply
