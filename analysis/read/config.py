"""Special keys of a run's configuration, and conversions of its values."""

import math
from collections.abc import Mapping
from typing import Any

SEED = "seed"
"""Key of a run's seed. Runs that differ in no other swept parameter have the same configuration."""

DERIVED = ("config_hash",)
"""Keys that are computed from the others and are not settings."""


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested mapping flattened to one level, with names joined by dots."""
    result: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[f"{prefix}{name}"] = value
    return result


def finite_number(value: object) -> float | None:
    """The value as a float if it is a finite number, else None (W&B writes NaN as a string)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
