"""Reads the current weights of Hugging Face modules, LoRA adapters included."""

import torch
from peft import PeftModel
from peft.tuners.lora import Linear as LoraLinear
from peft.tuners.lora import LoraModel
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from agent.training.passes.onednn import AVAILABLE, linear, packed
from agent.training.sampler.interface import UnsupportedError

_PACKED_FROM = 40_000
"""Number of elements of a weight from which oneDNN's packed product is faster in spite of its overhead."""


class Projection:
    """A linear map, x ↦ x Wᵀ + b, for many products with the same weight.

    On the CPU in float32, large weights are packed once and multiplied by oneDNN. Where MKL uses only AVX2,
    as on processors that Intel did not make, that is about twice as fast and equally precise.

    Args:
        weight: [out, in].
        bias: [out], or `None` for no bias.
        dtype: Of the computation.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None, dtype: torch.dtype) -> None:
        self._weight = weight.detach().to(dtype)
        self._bias = None if bias is None else bias.detach().to(dtype)
        self._packs = (
            weight.device.type == "cpu"
            and dtype == torch.float32
            and weight.numel() >= _PACKED_FROM
            and AVAILABLE
        )
        if self._packs:
            self._weight = packed(self._weight)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """[N, out] image of `x` [N, in]."""
        if self._packs:
            return linear(x, self._weight, self._bias)
        return nn.functional.linear(x, self._weight, self._bias)


def projection(dtype: torch.dtype, *modules: nn.Module) -> Projection:
    """One map whose output is the concatenation of the outputs of linear `modules` with the same input.

    Raises:
        UnsupportedError: If a module is not a plain linear map, or some modules have a bias and some have
            none.
    """
    weights, biases = zip(*(_linear(module) for module in modules), strict=True)
    bias = torch.cat(biases) if all(b is not None for b in biases) else None
    if bias is None and any(b is not None for b in biases):
        raise UnsupportedError("some fused projections have a bias and some have none")
    return Projection(weights[0] if len(weights) == 1 else torch.cat(weights), bias, dtype)


def own_model(model: nn.Module) -> PreTrainedModel:
    """The transformers model in `model`, without its adapters.

    Raises:
        UnsupportedError: If there is none, or the adapters are not LoRA.
    """
    if isinstance(model, PeftModel):
        if not isinstance(model.base_model, LoraModel):
            raise UnsupportedError(f"the model's adapters are {type(model.base_model).__name__}")
        model = model.get_base_model()
    if not isinstance(model, PreTrainedModel):
        raise UnsupportedError(f"the model is a {type(model).__name__}")
    return model


def expect(module: nn.Module, kind: type[nn.Module]) -> None:
    """Check that `module` is exactly of class `kind`, not of a subclass that may compute other values.

    Raises:
        UnsupportedError: If it is of another class.
    """
    if type(module) is not kind:
        raise UnsupportedError(f"the model has a {type(module).__name__} where a {kind.__name__} is expected")


def _linear(module: nn.Module) -> tuple[torch.Tensor, torch.Tensor | None]:
    """[out, in] weight and [out] bias (or `None`) of a linear module, adapters included."""
    if type(module) is LoraLinear:
        base = module.get_base_layer()
        weight, bias = _linear(base)
        if module.merged or module.disable_adapters:
            return weight, bias
        for name in module.active_adapters:
            if name in module.lora_variant or module.lora_bias.get(name):
                raise UnsupportedError("the model's adapters are a variant of LoRA")
            if name in module.lora_A:
                delta = module.get_delta_weight(name)
                weight = weight + (delta.T if type(base) is Conv1D else delta)
        return weight, bias
    if type(module) is Conv1D:
        return module.weight.T, module.bias
    expect(module, nn.Linear)
    assert isinstance(module, nn.Linear)
    return module.weight, module.bias
