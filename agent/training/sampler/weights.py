"""Reading the weights of a Hugging Face module as they are now, low-rank adapters included."""

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
"""Elements of a weight from which oneDNN's packed product is the faster; below, its overhead is more."""


class Projection:
    """A linear map, x ↦ x Wᵀ + b, for many products with the same weight.

    On CPU in float32 large weights go through oneDNN, packed once: where MKL keeps to AVX2, as on processors
    that Intel did not make, that is about twice as fast, and as precise.

    Args:
        weight: [out, in].
        bias: [out].
        dtype: to compute in.
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
        """[N, in] → [N, out]."""
        if self._packs:
            return linear(x, self._weight, self._bias)
        return nn.functional.linear(x, self._weight, self._bias)


def projection(dtype: torch.dtype, *modules: nn.Module) -> Projection:
    """One map that gives the outputs of several linear modules with the same input, side by side.

    Raises:
        UnsupportedError: a module is more than a linear map.
    """
    weights, biases = zip(*(_linear(module) for module in modules), strict=True)
    bias = torch.cat(biases) if all(b is not None for b in biases) else None
    if bias is None and any(b is not None for b in biases):
        raise UnsupportedError("some fused projections have a bias and some have none")
    return Projection(weights[0] if len(weights) == 1 else torch.cat(weights), bias, dtype)


def own_model(model: nn.Module) -> PreTrainedModel:
    """The transformers model, also below adapters.

    Raises:
        UnsupportedError: there is none, or other adapters than LoRA's.
    """
    if isinstance(model, PeftModel):
        if not isinstance(model.base_model, LoraModel):
            raise UnsupportedError(f"the model's adapters are {type(model.base_model).__name__}")
        model = model.get_base_model()
    if not isinstance(model, PreTrainedModel):
        raise UnsupportedError(f"the model is a {type(model).__name__}")
    return model


def expect(module: nn.Module, kind: type[nn.Module]) -> None:
    """Make sure that a module computes what its class does, not what a subclass or a wrapper makes of it.

    Raises:
        UnsupportedError: it is of another class.
    """
    if type(module) is not kind:
        raise UnsupportedError(f"the model has a {type(module).__name__} where a {kind.__name__} is expected")


def _linear(module: nn.Module) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The weight [out, in] and the bias that a linear module applies."""
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
