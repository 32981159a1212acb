"""The interface of a model for the sampler, its key/value cache, and the forward pass."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch.nn.functional import scaled_dot_product_attention


@dataclass(frozen=True)
class Shape:
    """Sizes of a model.

    Attributes:
        layers: Number of transformer blocks.
        heads: Number of query heads; a multiple of `kv_heads`.
        kv_heads: Number of key and value heads.
        head_dim: Width of each head.
    """

    layers: int
    heads: int
    kv_heads: int
    head_dim: int


class Network(ABC):
    """A decoder-only transformer with pre-normalisation, with the current weights of a module.

    Tokens are flattened: N is the number of rows times the tokens per row.

    Attributes:
        shape: Sizes.
        scales: Factor of the attention scores, per layer.
        dtype: Of activations and cache.
        device: Of the weights.
    """

    shape: Shape
    scales: list[float]
    dtype: torch.dtype
    device: torch.device

    @abstractmethod
    def embed(
        self, tokens: torch.Tensor, positions: torch.Tensor
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor] | None]:
        """[N, width] activations of [N] tokens at [N] positions, and what `project` needs of them."""

    @abstractmethod
    def project(
        self, layer: int, x: torch.Tensor, rotary: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """[N, heads, head_dim] queries and [N, 2 * kv_heads, head_dim] keys and values of a layer."""

    @abstractmethod
    def finish(self, layer: int, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """[N, width] output of a layer, from its input `x` and the heads' [N, heads * head_dim] outputs."""

    @abstractmethod
    def logits(self, x: torch.Tensor, temperature: float) -> torch.Tensor:
        """[N, vocabulary] float32 logits divided by `temperature`, from [N, width] last activations."""


class Cache:
    """Keys and values of every layer, allocated once for the longest completion.

    Args:
        network: Gives sizes, dtype and device.
        rows: Number of sequences.
        columns: Length of the longest sequence in tokens, prompt included.

    Attributes:
        layers: [rows, 2 * kv_heads, columns, head_dim] per layer, keys first, then values.
    """

    def __init__(self, network: Network, rows: int, columns: int) -> None:
        self._network, shape = network, network.shape
        size = (shape.layers, rows, 2 * shape.kv_heads, columns, shape.head_dim)
        self.layers = torch.zeros(size, dtype=network.dtype, device=network.device).unbind()

    def chosen(self, rows: torch.Tensor, filled: int, columns: int) -> "Cache":
        """A cache of `columns` columns for the given `rows`, with a copy of their first `filled` columns."""
        chosen = Cache(self._network, len(rows), columns)
        for new, old in zip(chosen.layers, self.layers, strict=True):
            new[:, :, :filled] = old[rows, :, :filled]
        return chosen


def as_scores(visible: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """0 where `visible` and minus infinity elsewhere, to be added to attention scores."""
    return torch.zeros_like(visible, dtype=dtype).masked_fill_(~visible, -torch.inf)


def forward(
    network: Network,
    cache: Cache,
    tokens: torch.Tensor,
    positions: torch.Tensor,
    columns: int | torch.Tensor,
    visible: int,
    mask: torch.Tensor | None,
) -> torch.Tensor:
    """[B, width] activations of the last token of each row, after S more tokens per row.

    Args:
        network: The model.
        cache: Keys and values of the tokens are written to it, at `columns`.
        tokens: [B, S] token ids.
        positions: [B, S] positions.
        columns: The first of S consecutive columns of the cache, or, for a CUDA graph, the indices of all S.
        visible: Number of columns, from the first on, that are attended to.
        mask: Added to the attention scores; broadcast to [B, kv_heads, S, visible].
    """
    rows, length = tokens.shape
    shape = network.shape
    group = shape.heads // shape.kv_heads
    x, rotary = network.embed(tokens.reshape(-1), positions.reshape(-1))
    if mask is not None and length > 1:
        mask = mask.repeat(1, 1, group, 1)
    for layer, cached in enumerate(cache.layers):
        queries, new = network.project(layer, x, rotary)
        new = new.view(rows, length, -1, shape.head_dim).transpose(1, 2)
        if isinstance(columns, int):
            cached.narrow(2, columns, length).copy_(new)
        else:
            cached.index_copy_(2, columns, new)
        keys, values = cached.narrow(2, 0, visible).chunk(2, 1)
        # Queries that share keys and values are treated as one longer query: keys and values are not copied.
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
