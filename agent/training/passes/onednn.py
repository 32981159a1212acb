"""Linear layers with oneDNN instead of MKL, which uses only half of some CPUs.

torch computes float32 products with MKL, which uses only AVX2 on processors that Intel did not make. oneDNN,
which is part of torch, uses all instructions of the processor. On a Zen 5 core the products of a small
model's training pass are 2.3 times faster. Results differ in the last bits, as between any two libraries.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

ROWS = 64
"""The number of rows of each product of a training pass is a multiple of this."""

AVAILABLE = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
"""Whether this build of torch has oneDNN's linear layer."""


def packed(weight: Tensor) -> Tensor:
    """`weight` [N, K] in oneDNN's packed layout, which only `linear` can read."""
    reordered: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
    return reordered


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """[..., N] product of `inputs` [..., K] and `weight` [N, K] transposed, plus `bias` [N]; no gradient.

    Args:
        inputs: Copied if they are not contiguous.
        weight: With any strides, or from `packed`.
        bias: `None` for no bias.
    """
    if not AVAILABLE or inputs.dtype != torch.float32 or inputs.device.type != "cpu":
        return torch.nn.functional.linear(inputs, weight, bias)
    product: Tensor = torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")
    return product


def pad_rows(rows: Tensor, multiple: int = ROWS) -> Tensor:
    """`rows` [T, K] with zero rows appended, up to a multiple of `multiple` rows.

    oneDNN compiles a product for its exact sizes and caches the last thousand, about 100 kB each. The number
    of tokens of a batch changes at every step, and without padding compilation would take longer than many
    products.
    """
    missing = -rows.shape[0] % multiple
    return torch.nn.functional.pad(rows, (0, 0, 0, missing)) if missing else rows


def outer_sum(left: Tensor, right: Tensor) -> Tensor:
    """[N, K] sum over rows of the outer products of `left` [T, N] and `right` [T, K]."""
    if left.shape[1] < right.shape[1]:  # the first argument is copied: use the smaller one
        return linear(left.t(), right.t())
    return linear(right.t(), left.t()).t()


class OneDnnLinear(TorchFunctionMode):
    """A context in which float32 linear layers on the CPU use oneDNN, in the backward pass too."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """The result of `func`; `torch.nn.functional.linear`, and `torch.addmm` as in GPT-2, are replaced."""
        if not kwargs:
            if func is torch.nn.functional.linear and _fits(args[0], args[1]):
                return _linear(args[0], args[1], args[2] if len(args) > 2 else None)
            if func is torch.addmm and args[0].dim() == 1 and _fits(args[1], args[2]):
                return _linear(args[1], args[2].t(), args[0])
        return func(*args, **(kwargs or {}))


def _fits(inputs: Tensor, weight: Tensor) -> bool:
    return (
        AVAILABLE
        and inputs.dtype == weight.dtype == torch.float32
        and inputs.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
    )


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        rows = pad_rows(inputs.reshape(-1, inputs.shape[-1]))
        ctx.save_for_backward(rows, weight)
        count = inputs.shape[:-1].numel()
        return linear(rows, weight, bias)[:count].view(*inputs.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        inputs, weight = ctx.saved_tensors
        need_inputs, need_weight, need_bias = ctx.needs_input_grad
        count = gradient.shape[:-1].numel()
        rows = pad_rows(gradient.reshape(-1, gradient.shape[-1]))
        return (
            linear(rows, weight.t())[:count].view(*gradient.shape[:-1], -1) if need_inputs else None,
            outer_sum(rows, inputs) if need_weight else None,
            rows.sum(0) if need_bias else None,
        )


_linear: Any = _Linear.apply
