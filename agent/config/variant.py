"""The parameter `variant`: a mapping of parameters that a sweep sets together.

A sweep over `variant` runs a list of whole configurations instead of all combinations of single values.
"""

from collections.abc import Mapping
from typing import Any

from agent.config.errors import ConfigError

VARIANT = "variant"
"""The parameter whose value is a mapping of other parameters."""


def unfolded(params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` with the parameters in `variant` moved to the top level.

    Raises:
        ConfigError: If `variant` is not a mapping, or sets a parameter that `params` sets to another value.
    """
    variant = params.get(VARIANT, {})
    if not isinstance(variant, Mapping):
        raise ConfigError(f"`{VARIANT}` must be a mapping of parameters, not {variant!r}")
    others = {name: value for name, value in params.items() if name != VARIANT}
    for name, value in variant.items():
        if name in others and others[name] != value:
            raise ConfigError(
                f"`{name}` is {others[name]!r} and, in `{VARIANT}`, {value!r}: leave one of them out"
            )
    return {**others, **variant}
