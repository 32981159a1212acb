"""A run's saved configuration and summary: their special keys, and their values as plain types."""

import math
from collections.abc import Mapping
from typing import Any

SEED = "seed"
"""Key of a run's seed. Runs that differ in no other swept parameter have one configuration."""

DERIVED = ("config_hash",)
"""Keys that follow from the others and are no settings."""


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested mapping as one level, names joined by dots."""
    result: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            result |= flat(value, f"{prefix}{name}.")
        else:
            result[f"{prefix}{name}"] = value
    return result


def finite_number(value: object) -> float | None:
    """The value as a finite float; None if it is anything else (W&B writes NaN as a text)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
