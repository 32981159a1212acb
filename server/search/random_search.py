"""Random search: each point is drawn independently, reproducibly from the sweep's seed and its number."""

import random
from typing import Any

from server.search.space import SweepSpec


def random_point(spec: SweepSpec, seed: int) -> dict[str, Any]:
    """Return one point drawn from the parameters' distributions."""
    rng = random.Random(seed)
    return {name: distribution.sample(rng) for name, distribution in spec.parameters.items()}
