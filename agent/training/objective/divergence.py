"""KL divergence of the policy from the starting weights, measured whatever `beta` is."""

import math

import torch
from transformers import PreTrainedModel

from agent.training.objective.sampling import Completions
from agent.training.passes.onednn import OneDnnLinear
from agent.training.passes.score import plain, score_completions, why_not

_ROWS = 16
"""Rows per forward pass: bounds memory."""


@torch.no_grad()
def token_log_probabilities(model: PreTrainedModel, rows: Completions) -> torch.Tensor:
    """[B, completion] log-probability of each completion token at temperature 1; 0 where masked."""
    width = rows.ids.shape[1] - rows.prompt_length
    if rows.ids.device.type == "cpu" and why_not(model) is None:
        return score_completions(plain(model), rows.ids, rows.attention, width, 1.0, _ROWS)[0]
    parts = []
    for start in range(0, rows.ids.shape[0], _ROWS):
        ids, attention = rows.ids[start : start + _ROWS], rows.attention[start : start + _ROWS]
        logits = model(input_ids=ids, attention_mask=attention).logits[:, rows.prompt_length - 1 : -1]
        targets = ids[:, rows.prompt_length :]
        parts.append(torch.log_softmax(logits.float(), -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1))
    return torch.cat(parts) * rows.completion_mask


def sampled_kl(policy: torch.Tensor, reference: torch.Tensor, mask: torch.Tensor) -> float:
    """KL(policy ‖ reference) in nats per token, estimated on completions that the policy sampled.

    The k3 estimator (Schulman 2020): mean of exp(d) - d - 1 with d = log p_reference - log p_policy; unbiased
    and never negative.

    Args:
        policy: [B, T] log-probabilities of the tokens, as `token_log_probabilities` gives them.
        reference: [B, T] those under the reference.
        mask: [B, T], 1 on tokens that count.
    """
    delta = (reference - policy).double()
    return float(((delta.exp() - delta - 1) * mask).sum() / mask.sum().clamp(min=1))


def sampled_entropy(policy: torch.Tensor, mask: torch.Tensor) -> float:
    """Entropy in nats per token, estimated on completions that the policy sampled: mean of -log p.

    Args:
        policy: [B, T] log-probabilities of the tokens.
        mask: [B, T], 1 on tokens that count.
    """
    return float(-(policy.double() * mask).sum() / mask.sum().clamp(min=1))


class DriftProbe:
    """KL(policy ‖ starting model) on a small fixed batch, exact over the vocabulary.

    The contexts are completions that the starting model sampled once: the value has no sampling noise, means
    the same for every `beta`, and costs one small forward pass per step.

    Args:
        reference: the starting model.
        rows: its completions; kept.
    """

    def __init__(self, reference: PreTrainedModel, rows: Completions) -> None:
        self._rows = rows
        self._reference = self._log_probabilities(reference)

    @torch.no_grad()
    def _log_probabilities(self, model: PreTrainedModel) -> torch.Tensor:
        was_training = model.training
        model.eval()
        with OneDnnLinear():
            logits = model(input_ids=self._rows.ids, attention_mask=self._rows.attention).logits
        model.train(was_training)
        return torch.log_softmax(logits[:, self._rows.prompt_length - 1 : -1].float(), -1)

    def measure(self, policy: PreTrainedModel) -> float:
        """KL in nats per token, at least 0; NaN where the policy gives NaN."""
        log_p = self._log_probabilities(policy)
        per_token = (log_p.exp() * (log_p - self._reference)).sum(-1)
        mask = self._rows.completion_mask
        kl = float((per_token * mask).sum() / mask.sum())
        return kl if math.isnan(kl) else max(0.0, kl)
