"""What a sweep gives its runs for a parameter."""

from typing import Any

from agent.config.variant import VARIANT
from server.search.space import SweepSpec


def variants(spec: SweepSpec) -> tuple[Any, ...]:
    """The whole configurations that a sweep lists; none where it lists none."""
    return tuple(spec.parameters[VARIANT].values_or_bounds) if VARIANT in spec.parameters else ()


def all_values(spec: SweepSpec, name: str) -> tuple[Any, ...]:
    """The values (or bounds) of a parameter, alone or in variants; none where the sweep does not name it."""
    alone = spec.parameters[name].values_or_bounds if name in spec.parameters else ()
    return (*alone, *(variant[name] for variant in variants(spec) if name in variant))
