"""Random search: every point is drawn independently of all others."""

import random
from typing import Any

from server.search.space import SweepSpec


def random_point(spec: SweepSpec, seed: int) -> dict[str, Any]:
    """Random value of every parameter, by name; the same seed gives the same point."""
    rng = random.Random(seed)
    return {name: distribution.sample(rng) for name, distribution in spec.parameters.items()}
