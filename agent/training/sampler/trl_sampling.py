"""What TRL's trainer was told to sample, for our own sampler."""

import torch
from accelerate.utils import DistributedType
from trl.trainer.grpo_trainer import GRPOTrainer

from agent.training.sampler.settings import Sampling
from agent.training.sampler.unsupported import UnsupportedError

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
"""Generation settings that are followed here, or say nothing about what is sampled."""


_NEUTRAL = {"repetition_penalty": 1.0}
"""Values at which a setting does nothing."""


def sampling_of(trainer: GRPOTrainer) -> Sampling:
    """The trainer's generation settings, as they are now: a schedule changes them.

    Raises:
        UnsupportedError: they ask for more than temperature, top-p and top-k, or weights are split over
            processes.
    """
    if trainer.accelerator.distributed_type in (DistributedType.FSDP, DistributedType.DEEPSPEED):
        raise UnsupportedError(f"weights are split by {trainer.accelerator.distributed_type.value}")
    config = trainer.generation_config
    said = config.to_diff_dict()
    other = sorted(name for name in said.keys() - _UNDERSTOOD if said[name] != _NEUTRAL.get(name))
    if other:
        raise UnsupportedError(f"the generation settings have {', '.join(other)}")
    return Sampling(
        max_new_tokens=config.max_new_tokens,
        eos_token_ids=tuple(config.eos_token_id),
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=config.top_k,
    )


def sampling_dtype(trainer: GRPOTrainer) -> torch.dtype | None:
    """What mixed precision computes in; `None` without it."""
    if trainer.args.bf16:
        return torch.bfloat16
    return torch.float16 if trainer.args.fp16 else None
