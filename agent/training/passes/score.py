"""The training pass: log-probabilities of completions as TRL computes them, but without padding."""

from typing import Any

import torch
from peft import PeftModel
from torch import Tensor, nn
from transformers import PreTrainedModel

from agent.training.passes.head import score_tokens
from agent.training.passes.onednn import OneDnnLinear
from agent.training.passes.positions import counts_padding
from agent.training.passes.rows import Rows, unpadded

SUPPORTED = frozenset({"gpt2", "llama", "mistral", "qwen2", "qwen3"})
"""Model types for which tests show that the pass equals TRL's: causal, absolute or relative positions."""


def why_not(model: Any) -> str | None:
    """The reason why only TRL's pass supports `model`; `None` if ours does."""
    base = plain(model)
    if not isinstance(base, PreTrainedModel):
        return f"a {type(model).__name__} is not a transformers model"
    if base.config.model_type not in SUPPORTED:
        return f"a model of type {base.config.model_type!r} is not among {', '.join(sorted(SUPPORTED))}"
    if isinstance(model, PeftModel) and model.active_peft_config.is_prompt_learning:
        return "its adapter adds tokens before the prompt"
    return None


def plain(model: Any) -> Any:
    """The model in `model` without the adapter wrapper; adapters stay active in its layers."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def score_completions(
    model: PreTrainedModel,
    ids: Tensor,
    attention: Tensor,
    completion_columns: int,
    temperature: float,
    max_rows: int,
    entropies: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """[B, C] log-probabilities and, if requested, entropies in nats of completion tokens; 0 on padding.

    On the CPU, rows are grouped by length and scored by our own head. A GPU is hardly busy with a small pass:
    there, rows are not sorted, and TRL's head scores them.

    Args:
        model: A supported model (see `why_not`), with TRL's head installed.
        ids: [B, T] token ids of prompts, padded on the left, and completions, padded on the right.
        attention: [B, T], 1 on tokens and 0 on padding.
        completion_columns: C, the number of columns that belong to completions.
        temperature: Divisor of the logits.
        max_rows: Maximum number of rows per forward pass.
        entropies: Whether to compute entropies. They have no gradient.
    """
    on_cpu = ids.device.type == "cpu"
    groups = unpadded(ids, attention, completion_columns, max_rows, split=on_cpu)
    own = on_cpu and _simple_head(model)
    with OneDnnLinear():
        parts = [
            _own(model, rows, temperature, entropies) if own else _theirs(model, rows) for rows in groups
        ]
    indices = torch.cat([rows.indices for rows in groups])

    def joined(values: list[Tensor]) -> Tensor:
        empty = ids.new_zeros(ids.shape[0] * completion_columns, dtype=torch.float32)
        return empty.scatter(0, indices, torch.cat(values)).view(-1, completion_columns)

    log_p = joined([log_p for log_p, _ in parts])
    return log_p, joined([e for _, e in parts if e is not None]) if entropies else None


def _simple_head(model: PreTrainedModel) -> bool:
    """Whether the output layer is a plain float32 linear layer without bias."""
    layer = model.get_output_embeddings()
    return type(layer) is nn.Linear and layer.bias is None and layer.weight.dtype == torch.float32


def _own(
    model: PreTrainedModel, rows: Rows, temperature: float, entropies: bool
) -> tuple[Tensor, Tensor | None]:
    hidden = model.base_model(
        rows.ids, position_ids=_positions(model, rows), use_cache=False
    ).last_hidden_state
    before = hidden[:, :-1][rows.scored[:, 1:]]
    weight = model.get_output_embeddings().weight
    return score_tokens(before, weight, rows.ids[rows.scored], temperature, entropies)


def _positions(model: PreTrainedModel, rows: Rows) -> Tensor:
    """[rows, width] positions: columns of the batch as in TRL's pass, unless they mean something else."""
    return rows.columns - rows.columns[:, :1] if counts_padding(model) else rows.columns


def _theirs(model: PreTrainedModel, rows: Rows) -> tuple[Tensor, Tensor]:
    labels = rows.ids.masked_fill(~rows.scored, -100)
    output = model(rows.ids, position_ids=_positions(model, rows), labels=labels, fused_lm_head=True)
    scored = rows.scored[:, 1:]
    log_p = output.log_probs[scored]
    return log_p, log_p.new_zeros(log_p.shape) if output.entropy is None else output.entropy[scored].detach()
