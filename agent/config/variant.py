"""Parameters that a sweep gives together: a list of whole configurations instead of a product of ranges."""

from collections.abc import Mapping
from typing import Any

from agent.config.errors import ConfigError

VARIANT = "variant"
"""The parameter whose value is a mapping of other parameters."""


def unfolded(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with those of `variant` beside the others.

    Raises:
        ConfigError: `variant` is no mapping, or gives a parameter another value than the rest does.
    """
    variant = params.get(VARIANT, {})
    if not isinstance(variant, Mapping):
        raise ConfigError(f"`{VARIANT}` must be a mapping of parameters, not {variant!r}")
    own = {name: value for name, value in params.items() if name != VARIANT}
    for name, value in variant.items():
        if name in own and own[name] != value:
            raise ConfigError(
                f"`{name}` is {own[name]!r} and, in `{VARIANT}`, {value!r}: leave one of them out"
            )
    return {**own, **variant}
