"""Decoding with Llama models: rotary positions, grouped-query attention, RMSNorm, SwiGLU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import nn
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRMSNorm

from agent.training.sampler.interface import UnsupportedError
from agent.training.sampler.network import Network, Shape
from agent.training.sampler.weights import Projection, expect, projection


@dataclass(frozen=True)
class _Block:
    norm: torch.Tensor
    queries_keys_values: Projection
    out: Projection
    feed_forward_norm: torch.Tensor
    gate_up: Projection
    down: Projection


class Llama(Network):
    """A `LlamaForCausalLM` as a `Network`.

    Args:
        model: Of exactly this class. Its linear modules may have LoRA adapters.
        dtype: Of the computation.
        length: Longest sequence that will be requested, in tokens.

    Raises:
        UnsupportedError: If the model has scaled rotary positions or modules of other classes.
    """

    def __init__(self, model: LlamaForCausalLM, dtype: torch.dtype, length: int) -> None:
        config = model.config
        base = model.model
        blocks = cast(Sequence[LlamaDecoderLayer], base.layers)
        if base.rotary_emb.rope_type != "default":
            raise UnsupportedError(f"the model's rotary positions are scaled ({base.rotary_emb.rope_type})")
        expect(base.embed_tokens, nn.Embedding)
        self.dtype, self.device = dtype, base.embed_tokens.weight.device
        attention, heads = blocks[0].self_attn, config.num_attention_heads
        self.shape = Shape(
            len(blocks), heads, heads // attention.num_key_value_groups, int(attention.head_dim)
        )
        self.scales = [block.self_attn.scaling for block in blocks]
        self._epsilon = config.rms_norm_eps
        self._activation = blocks[0].mlp.act_fn
        self._embedding = base.embed_tokens.weight.detach()
        self._norm = self._gain(base.norm)
        self._head = projection(dtype, model.lm_head)
        self._blocks = [
            _Block(
                self._gain(block.input_layernorm),
                projection(dtype, block.self_attn.q_proj, block.self_attn.k_proj, block.self_attn.v_proj),
                projection(dtype, block.self_attn.o_proj),
                self._gain(block.post_attention_layernorm),
                projection(dtype, block.mlp.gate_proj, block.mlp.up_proj),
                projection(dtype, block.mlp.down_proj),
            )
            for block in blocks
        ]
        angles = torch.arange(length, device=self.device).float().outer(base.rotary_emb.inv_freq)
        # Rotating the halves is a roll by half a head with the first half negated; the sine has that sign.
        cosine, sine = angles.cos().repeat(1, 2), torch.cat([-angles.sin(), angles.sin()], 1)
        self._cosine, self._sine = cosine.unsqueeze(1).to(dtype), sine.unsqueeze(1).to(dtype)

    def _gain(self, norm: nn.Module) -> torch.Tensor:
        expect(norm, LlamaRMSNorm)
        return cast(LlamaRMSNorm, norm).weight.detach().to(self.dtype)

    def _normalised(self, x: torch.Tensor, gain: torch.Tensor) -> torch.Tensor:
        return torch.rms_norm(x, gain.shape, gain, self._epsilon)

    def embed(
        self, tokens: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor] | None]:
        """See `Network`; the second value is the [N, 1, head_dim] cosines and signed sines."""
        rotary = self._cosine[positions], self._sine[positions]
        return torch.embedding(self._embedding, tokens).to(self.dtype), rotary

    def project(
        self, layer: int, x: torch.Tensor, rotary: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Network`."""
        assert rotary is not None
        (cosine, sine), block, shape = rotary, self._blocks[layer], self.shape
        heads = block.queries_keys_values(self._normalised(x, block.norm)).view(len(x), -1, shape.head_dim)
        turning = heads[:, : shape.heads + shape.kv_heads]
        half = turning.roll(shape.head_dim // 2, -1)
        turning.mul_(cosine).addcmul_(half, sine)
        return heads[:, : shape.heads], heads[:, shape.heads :]

    def finish(self, layer: int, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """See `Network`."""
        block = self._blocks[layer]
        x = block.out(attended).add_(x)
        gate, up = block.gate_up(self._normalised(x, block.feed_forward_norm)).chunk(2, 1)
        return block.down(self._activation(gate).mul_(up)).add_(x)

    def logits(self, x: torch.Tensor, temperature: float) -> torch.Tensor:
        """See `Network`."""
        return self._head(self._normalised(x, self._norm) / temperature).float()
