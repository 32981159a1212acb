"""Translates the sampling settings of TRL's trainer into the parameters of our sampler."""

import torch
from accelerate.utils import DistributedType
from trl.trainer.grpo_trainer import GRPOTrainer

from agent.training.sampler.interface import SamplingParameters, UnsupportedError

_UNDERSTOOD = frozenset(
    {
        "max_new_tokens",
        "do_sample",
        "temperature",
        "top_p",
        "top_k",
        "eos_token_id",
        "bos_token_id",
        "pad_token_id",
        "disable_compile",
        "transformers_version",
    }
)
"""Generation settings that our sampler follows, or that do not affect what is sampled."""

_NEUTRAL = {"repetition_penalty": 1.0}
"""Values at which a setting has no effect."""


def sampling_parameters(trainer: GRPOTrainer) -> SamplingParameters:
    """The sampling parameters of `trainer` at this moment; a schedule may change them later.

    Raises:
        UnsupportedError: If the trainer uses settings other than temperature, top-p and top-k, or its weights
            are split over processes.
    """
    if trainer.accelerator.distributed_type in (DistributedType.FSDP, DistributedType.DEEPSPEED):
        raise UnsupportedError(f"weights are split by {trainer.accelerator.distributed_type.value}")
    config = trainer.generation_config
    changed = config.to_diff_dict()
    other = sorted(name for name in changed.keys() - _UNDERSTOOD if changed[name] != _NEUTRAL.get(name))
    if other:
        raise UnsupportedError(f"the generation settings have {', '.join(other)}")
    return SamplingParameters(
        max_new_tokens=config.max_new_tokens,
        eos_token_ids=tuple(config.eos_token_id),
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=config.top_k,
    )


def sampling_dtype(trainer: GRPOTrainer) -> torch.dtype | None:
    """The dtype of mixed precision; `None` if the trainer does not use it."""
    if trainer.args.bf16:
        return torch.bfloat16
    return torch.float16 if trainer.args.fp16 else None
