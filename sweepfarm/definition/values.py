"""The values that a sweep gives to a parameter."""

from typing import Any

from agent.config.variant import VARIANT
from server.search.space import SweepSpec


def variants(spec: SweepSpec) -> tuple[Any, ...]:
    """The values of the parameter `variant`, each a mapping of parameters; empty if the sweep has none."""
    return tuple(spec.parameters[VARIANT].values_or_bounds) if VARIANT in spec.parameters else ()


def all_values(spec: SweepSpec, name: str) -> tuple[Any, ...]:
    """All values (or bounds) of a parameter, its own and those in variants; empty if there are none."""
    own = spec.parameters[name].values_or_bounds if name in spec.parameters else ()
    return (*own, *(variant[name] for variant in variants(spec) if name in variant))


def has_adapters(spec: SweepSpec) -> bool:
    """Whether a run of the sweep has LoRA adapters."""
    return any(rank is not None for rank in all_values(spec, "lora_rank"))
