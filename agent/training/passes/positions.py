"""Positions of tokens in a batch that is padded on the left, for models with learned positions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

_LEARNED = frozenset({"gpt2", "gpt_neo", "gpt_bigcode"})
"""Model types that look up a vector per position and, unless told, count padding on the left. Others have
relative positions, to which padding makes no difference, or do not count it."""


def counts_padding(model: Any) -> bool:
    """Whether `model`, with or without adapters, must be told the positions of a padded batch."""
    return model.config.model_type in _LEARNED


def positions(attention: Tensor) -> Tensor:
    """[B, T] position of each token among those of its row, from 0; as in sampling, padding does not count.

    Args:
        attention: [B, T], 1 on tokens and 0 on padding.
    """
    return (attention.long().cumsum(1) - 1).clamp(min=0)


@contextmanager
def counted_positions(model: nn.Module) -> Iterator[None]:
    """In the block, `model` gets the positions of its attention mask, if it does not derive them itself."""
    if not counts_padding(model):
        yield
        return

    def add(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return args, {**kwargs, "position_ids": positions(kwargs["attention_mask"])}

    hook = model.register_forward_pre_hook(add, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()
