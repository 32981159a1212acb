"""What the sampler asks of a model, and a step of it with a key/value cache."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention


@dataclass(frozen=True)
class Shape:
    """Sizes of a model.

    Attributes:
        layers: transformer blocks.
        heads: of the queries; a multiple of `kv_heads`.
        kv_heads: of keys and values.
        head_dim: of each head.
    """

    layers: int
    heads: int
    kv_heads: int
    head_dim: int


class Network(ABC):
    """A decoder-only transformer with pre-normalisation, read from a module's weights as they are now.

    Tokens come flattened: N is rows times tokens per row.

    Attributes:
        shape: sizes.
        scales: of the attention scores, per layer.
        dtype: of activations and cache.
        device: of the weights.
    """

    shape: Shape
    scales: list[float]
    dtype: torch.dtype
    device: torch.device

    @abstractmethod
    def embed(
        self, tokens: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor] | None]:
        """[N] tokens and positions → [N, width] activations, and what `project` needs of positions."""

    @abstractmethod
    def project(
        self, layer: int, x: torch.Tensor, rotary: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Queries [N, heads, head_dim], and keys beside values [N, 2 * kv_heads, head_dim], of a layer."""

    @abstractmethod
    def finish(self, layer: int, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """The rest of a layer, from the heads' outputs [N, heads * head_dim] on."""

    @abstractmethod
    def logits(self, x: torch.Tensor, temperature: float) -> torch.Tensor:
        """[N, width] last activations → [N, vocabulary] float32 logits divided by `temperature`."""


class Cache:
    """Keys and values of every layer, allocated once for the longest completion.

    Args:
        network: sizes.
        rows: sequences.
        columns: greatest length, prompt included.

    Attributes:
        layers: [rows, 2 * kv_heads, columns, head_dim] per layer, keys beside values.
    """

    def __init__(self, network: Network, rows: int, columns: int) -> None:
        self._network, shape = network, network.shape
        size = (shape.layers, rows, 2 * shape.kv_heads, columns, shape.head_dim)
        self.layers = torch.zeros(size, dtype=network.dtype, device=network.device).unbind()

    def chosen(self, rows: torch.Tensor, seen: int, columns: int) -> "Cache":
        """A cache of the chosen rows with room for `columns`, of which the first `seen` are kept."""
        chosen = Cache(self._network, len(rows), columns)
        for new, old in zip(chosen.layers, self.layers, strict=True):
            new[:, :, :seen] = old[rows, :, :seen]
        return chosen


def as_scores(visible: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """0 where `visible`, minus infinity elsewhere: to be added to attention scores."""
    return torch.zeros_like(visible, dtype=dtype).masked_fill_(~visible, -torch.inf)


def forward(
    network: Network,
    cache: Cache,
    tokens: torch.Tensor,
    positions: torch.Tensor,
    columns: int | torch.Tensor,
    seen: int,
    mask: torch.Tensor | None,
) -> torch.Tensor:
    """Run tokens through the model, appending to the cache.

    Args:
        network: the model.
        cache: written at `columns`.
        tokens: [B, S].
        positions: [B, S].
        columns: the first of S columns of the cache, or the indices of all where kernels must stay the same.
        seen: columns that are attended to, from the first on.
        mask: added to the scores, broadcast over [B, kv_heads, S, seen].

    Returns:
        [B, width] activations of the last token of each row.
    """
    rows, length = tokens.shape
    shape = network.shape
    group = shape.heads // shape.kv_heads
    x, rotary = network.embed(tokens.reshape(-1), positions.reshape(-1))
    if mask is not None and length > 1:
        mask = mask.repeat(1, 1, group, 1)
    for layer, kept in enumerate(cache.layers):
        queries, new = network.project(layer, x, rotary)
        new = new.view(rows, length, -1, shape.head_dim).transpose(1, 2)
        if isinstance(columns, int):
            kept.narrow(2, columns, length).copy_(new)
        else:
            kept.index_copy_(2, columns, new)
        keys, values = kept.narrow(2, 0, seen).chunk(2, 1)
        # Queries that share keys and values stand in for a longer query: no copy of either is made.
        queries = queries.view(rows, length, shape.kv_heads, group, shape.head_dim).permute(0, 2, 3, 1, 4)
        attended = scaled_dot_product_attention(
            queries.reshape(rows, shape.kv_heads, group * length, shape.head_dim),
            keys,
            values,
            attn_mask=mask,
            scale=network.scales[layer],
        )
        attended = attended.view(rows, shape.kv_heads, group, length, shape.head_dim).permute(0, 3, 1, 2, 4)
        x = network.finish(layer, x, attended.reshape(rows * length, -1))
    return x.view(rows, length, -1)[:, -1]
