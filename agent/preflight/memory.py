"""Estimates of the memory and the disk space of a run, from the shape of its model."""

from dataclasses import dataclass

import torch
from transformers import AutoModelForCausalLM

from agent.config.run import RunConfig
from agent.training.lifecycle.adapters import model_config

_FLOAT = 4
"""Bytes per number: training uses float32 below 100 M parameters."""
_PROMPT_TOKENS = 64
_ACTIVATIONS = 34
"""Numbers per token, layer and unit of width for the backward pass (Korthikanti et al. 2022, eq. 1)."""
_LOGIT_COPIES = 3
"""Logits, their softmax and their gradient."""


@dataclass(frozen=True)
class Shape:
    """The sizes of a model that the estimates need.

    Attributes:
        parameters: Number of parameters.
        layers: Number of transformer blocks.
        width: Number of values per token between two blocks.
        heads: Number of attention heads.
        vocabulary: Number of tokens.
    """

    parameters: int
    layers: int
    width: int
    heads: int
    vocabulary: int


def model_shape(path: str) -> Shape:
    """The shape of the model at `path`, from its configuration, without its weights.

    Raises:
        OSError: If there is no model at `path`.
    """
    config = model_config(path)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    return Shape(
        parameters=model.num_parameters(),
        layers=config.num_hidden_layers,
        width=config.hidden_size,
        heads=config.num_attention_heads,
        vocabulary=config.vocab_size,
    )


def peak_bytes(shape: Shape, config: RunConfig) -> int:
    """Estimated peak memory of a run in bytes: for parameters, plus the larger of sampling and training.

    Weights, reference, gradients and both moments of Adam take five numbers per parameter. A training pass
    holds activations, attention scores and logits of one micro-batch. Sampling holds keys and values of all
    completions of a step or of an evaluation.
    """
    tokens = _PROMPT_TOKENS + config.max_completion_length
    batch = config.per_device_train_batch_size
    states = 5 * shape.parameters
    activations = batch * tokens * shape.layers * shape.width * _ACTIVATIONS
    scores = batch * shape.layers * shape.heads * tokens * tokens
    logits = _LOGIT_COPIES * batch * config.max_completion_length * shape.vocabulary
    evaluated = max(config.eval_samples, config.final_samples if config.final_temperatures else 0)
    rows = max(config.completions_per_step, config.eval_prompts * evaluated)
    sampling = rows * (2 * shape.layers * shape.width * tokens + _LOGIT_COPIES * shape.vocabulary)
    return _FLOAT * (states + max(activations + scores + logits, sampling))


def saved_bytes(shape: Shape) -> int:
    """Estimated peak disk space of a run in bytes: two checkpoints, and two states with Adam's moments."""
    return _FLOAT * shape.parameters * (2 * 1 + 2 * 3)
