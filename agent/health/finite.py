"""Numbers that are none."""

import math
from collections.abc import Mapping

from agent.health.finding import Finding


def not_finite(values: Mapping[str, float], step: int) -> Finding | None:
    """Find NaN or infinity among the values of a step."""
    broken = sorted(name for name, value in values.items() if not math.isfinite(value))
    if broken:
        return Finding("not finite", step, f"{', '.join(broken)} is NaN or infinite")
    return None


def nothing_scored(unscored: int, samples: int, step: int) -> Finding | None:
    """Find a measurement in which none of `samples` completions could be scored."""
    if unscored < samples:
        return None
    return Finding("not finite", step, "no held-out completion could be scored")
