"""Linear layers by oneDNN: torch gives float32 products to MKL, which leaves half of some CPUs idle.

MKL keeps to AVX2 on processors that are not Intel's; oneDNN, which torch brings along, asks the processor
what it can do. On a Zen 5 core the products of a small model's training pass run 2.3 times faster. Results
differ in the last bits, as between any two libraries.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

ROWS = 64
"""Products of a training pass have a multiple of so many rows."""

AVAILABLE = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def packed(weight: Tensor) -> Tensor:
    """`weight` [N, K] laid out once for many products by `linear`; nothing else reads it."""
    laid_out: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
    return laid_out


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`inputs` [..., K] times `weight` [N, K] transposed, plus `bias` [N]: without a gradient.

    `weight` may have any strides, or be `packed`; `inputs` are copied unless they are contiguous.
    """
    if not AVAILABLE or inputs.dtype != torch.float32 or inputs.device.type != "cpu":
        return torch.nn.functional.linear(inputs, weight, bias)
    product: Tensor = torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")
    return product


def filled_up(rows: Tensor, multiple: int = ROWS) -> Tensor:
    """`rows` [T, K] with zeros below, up to a multiple of `multiple`; itself where it is one.

    oneDNN compiles a product for its exact sizes and keeps the last thousand, each some 100 kB: a batch has
    another number of tokens at every step, and compiling took longer than many a product.
    """
    missing = -rows.shape[0] % multiple
    return torch.nn.functional.pad(rows, (0, 0, 0, missing)) if missing else rows


def outer_sum(left: Tensor, right: Tensor) -> Tensor:
    """Sum over rows of the outer products of `left` [T, N] and `right` [T, K]: [N, K]."""
    if left.shape[1] < right.shape[1]:  # what comes first is copied: let it be the smaller
        return linear(left.t(), right.t())
    return linear(right.t(), left.t()).t()


class OneDnnLinear(TorchFunctionMode):
    """In its block, linear layers of float32 on the CPU run on oneDNN, in the backward pass as well."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Take over `torch.nn.functional.linear`, and `torch.addmm` as GPT-2 uses it."""
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
        rows = filled_up(inputs.reshape(-1, inputs.shape[-1]))
        ctx.save_for_backward(rows, weight)
        count = inputs.shape[:-1].numel()
        return linear(rows, weight, bias)[:count].view(*inputs.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        inputs, weight = ctx.saved_tensors
        of_inputs, of_weight, of_bias = ctx.needs_input_grad
        count = gradient.shape[:-1].numel()
        rows = filled_up(gradient.reshape(-1, gradient.shape[-1]))
        return (
            linear(rows, weight.t())[:count].view(*gradient.shape[:-1], -1) if of_inputs else None,
            outer_sum(rows, inputs) if of_weight else None,
            rows.sum(0) if of_bias else None,
        )


_linear: Any = _Linear.apply
