"""KL divergence of the policy from the starting model, and entropy of the policy, for any `beta`."""

import math

import torch
from transformers import PreTrainedModel

from agent.training.objective.modes import evaluating
from agent.training.objective.sampling import Completions
from agent.training.passes.onednn import OneDnnLinear
from agent.training.passes.positions import counted_positions
from agent.training.passes.score import plain, score_completions, why_not

_ROWS = 16
"""Rows per forward pass; limits memory."""


@torch.no_grad()
def token_log_probabilities(model: PreTrainedModel, completions: Completions) -> torch.Tensor:
    """[B, T] log-probabilities in nats of the completion tokens at temperature 1; 0 on padding.

    They are measured in evaluation mode, as completions are sampled.
    """
    with evaluating(model), counted_positions(model):
        return _log_probabilities(model, completions) * completions.completion_mask


def _log_probabilities(model: PreTrainedModel, completions: Completions) -> torch.Tensor:
    all_ids, all_attention = completions.ids, completions.attention
    width = all_ids.shape[1] - completions.prompt_length
    if all_ids.device.type == "cpu" and why_not(model) is None:
        return score_completions(plain(model), all_ids, all_attention, width, 1.0, _ROWS)[0]
    parts = []
    for start in range(0, all_ids.shape[0], _ROWS):
        ids, attention = all_ids[start : start + _ROWS], all_attention[start : start + _ROWS]
        logits = model(input_ids=ids, attention_mask=attention).logits[:, completions.prompt_length - 1 : -1]
        targets = ids[:, completions.prompt_length :]
        parts.append(torch.log_softmax(logits.float(), -1).gather(-1, targets.unsqueeze(-1)).squeeze(-1))
    return torch.cat(parts)


def sampled_kl(policy: torch.Tensor, reference: torch.Tensor, mask: torch.Tensor) -> float:
    """KL(policy ‖ reference) in nats per token, at least 0, estimated on completions sampled from the policy.

    The k3 estimator (Schulman 2020): mean of exp(d) - d - 1 with d = log p_reference - log p_policy. It is
    unbiased and never negative.

    Args:
        policy: [B, T] log-probabilities of the tokens under the policy, from `token_log_probabilities`.
        reference: [B, T] log-probabilities of the same tokens under the reference.
        mask: [B, T], 1 on completion tokens.
    """
    delta = (reference - policy).double()
    return float(((delta.exp() - delta - 1) * mask).sum() / mask.sum().clamp(min=1))


def sampled_entropy(policy: torch.Tensor, mask: torch.Tensor) -> float:
    """Entropy in nats per token, estimated on completions sampled from the policy as the mean of -log p.

    Args:
        policy: [B, T] log-probabilities of the tokens under the policy.
        mask: [B, T], 1 on completion tokens.
    """
    return float(-(policy.double() * mask).sum() / mask.sum().clamp(min=1))


class DriftProbe:
    """Measures KL(policy ‖ starting model) on a small fixed batch, exactly over the vocabulary.

    The contexts are completions that the starting model sampled once. The value therefore has no sampling
    noise, means the same for every `beta`, and takes one small forward pass per step.

    Args:
        reference: The starting model.
        completions: Sampled from the starting model.
    """

    def __init__(self, reference: PreTrainedModel, completions: Completions) -> None:
        self._completions = completions
        self._reference = self._log_probabilities(reference)

    @torch.no_grad()
    def _log_probabilities(self, model: PreTrainedModel) -> torch.Tensor:
        completions = self._completions
        with evaluating(model), counted_positions(model), OneDnnLinear():
            logits = model(input_ids=completions.ids, attention_mask=completions.attention).logits
        return torch.log_softmax(logits[:, completions.prompt_length - 1 : -1].float(), -1)

    def measure(self, policy: PreTrainedModel) -> float:
        """KL in nats per token, at least 0; NaN if the policy's probabilities are NaN."""
        log_p = self._log_probabilities(policy)
        per_token = (log_p.exp() * (log_p - self._reference)).sum(-1)
        mask = self._completions.completion_mask
        kl = float((per_token * mask).sum() / mask.sum())
        return kl if math.isnan(kl) else max(0.0, kl)
