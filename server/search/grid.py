"""Grid search: every combination of values once; the last parameter changes fastest."""

import math
from typing import Any

from server.search.space import SweepSpec


def grid_size(spec: SweepSpec) -> int:
    """Number of different points of the grid."""
    return math.prod(len(distribution.grid() or ()) for distribution in spec.parameters.values())


def grid_point(spec: SweepSpec, index: int) -> dict[str, Any]:
    """Point number `index` of the grid, counted from 0."""
    point: dict[str, Any] = {}
    for name, distribution in reversed(spec.parameters.items()):
        values = distribution.grid() or ()
        index, position = divmod(index, len(values))
        point[name] = values[position]
    return {name: point[name] for name in spec.parameters}
