"""Decoding with GPT-2 models: learned positions, LayerNorm, as many key and value heads as query heads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import nn
from transformers import GPT2LMHeadModel
from transformers.models.gpt2.modeling_gpt2 import GPT2Block

from agent.training.sampler.interface import UnsupportedError
from agent.training.sampler.network import Network, Shape
from agent.training.sampler.weights import Projection, expect, projection

_FUSED = {"gelu_new": partial(nn.functional.gelu, approximate="tanh")}
"""Activations that transformers computes with several operations, as one operation."""


@dataclass(frozen=True)
class _Norm:
    gain: torch.Tensor
    bias: torch.Tensor
    epsilon: float

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.layer_norm(x, self.gain.shape, self.gain, self.bias, self.epsilon)


@dataclass(frozen=True)
class _Block:
    norm: _Norm
    queries_keys_values: Projection
    out: Projection
    feed_forward_norm: _Norm
    up: Projection
    down: Projection


class GPT2(Network):
    """A `GPT2LMHeadModel` as a `Network`.

    Args:
        model: Of exactly this class. Its linear modules may have LoRA adapters.
        dtype: Of the computation.
        length: Longest sequence that will be requested, in tokens.

    Raises:
        UnsupportedError: If the model has cross-attention, modules of other classes, or fewer positions than
            `length`.
    """

    def __init__(self, model: GPT2LMHeadModel, dtype: torch.dtype, length: int) -> None:
        config, base = model.config, model.transformer
        blocks = cast(Sequence[GPT2Block], base.h)
        if config.add_cross_attention:
            raise UnsupportedError("the model has cross-attention")
        expect(base.wte, nn.Embedding)
        expect(base.wpe, nn.Embedding)
        if length > config.max_position_embeddings:
            raise UnsupportedError(f"the model has {config.max_position_embeddings} positions, not {length}")
        self.dtype, self.device = dtype, base.wte.weight.device
        heads = config.num_attention_heads
        self.shape = Shape(len(blocks), heads, heads, config.hidden_size // heads)
        self.scales = [block.attn.scaling for block in blocks]
        self._embedding, self._positions = base.wte.weight.detach(), base.wpe.weight.detach()
        self._activation: Callable[[torch.Tensor], torch.Tensor] = _FUSED.get(
            config.activation_function, blocks[0].mlp.act
        )
        self._norm = self._read(base.ln_f)
        self._head = projection(dtype, model.lm_head)
        self._blocks = [
            _Block(
                self._read(block.ln_1),
                projection(dtype, block.attn.c_attn),
                projection(dtype, block.attn.c_proj),
                self._read(block.ln_2),
                projection(dtype, block.mlp.c_fc),
                projection(dtype, block.mlp.c_proj),
            )
            for block in blocks
        ]

    def _read(self, norm: nn.Module) -> _Norm:
        expect(norm, nn.LayerNorm)
        assert isinstance(norm, nn.LayerNorm)
        return _Norm(norm.weight.detach().to(self.dtype), norm.bias.detach().to(self.dtype), norm.eps)

    def embed(
        self, tokens: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor] | None]:
        """See `Network`."""
        x = torch.embedding(self._embedding, tokens) + torch.embedding(self._positions, positions)
        return x.to(self.dtype), None

    def project(
        self, layer: int, x: torch.Tensor, rotary: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Network`."""
        block, shape = self._blocks[layer], self.shape
        heads = block.queries_keys_values(block.norm(x)).view(len(x), -1, shape.head_dim)
        return heads[:, : shape.heads], heads[:, shape.heads :]

    def finish(self, layer: int, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        block = self._blocks[layer]
        x = block.out(attended).add_(x)
        return block.down(self._activation(block.up(block.feed_forward_norm(x)))).add_(x)

    def logits(self, x: torch.Tensor, temperature: float) -> torch.Tensor:
        """See `Network`."""
        return self._head(self._norm(x) / temperature).float()
