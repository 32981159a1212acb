"""What the search is told of one run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# Until this many runs have told something, points are drawn from the parameters' own distributions.
STARTUP_RUNS = 10

TrialState = Literal["finished", "pruned", "failed", "running"]


@dataclass(frozen=True)
class Trial:
    """One run as the search sees it.

    Attributes:
        point: The parameters it received.
        state: `finished` (its last value counts), `pruned` (stopped by Hyperband; its rung values count),
            `failed` (nothing counts) or `running` (pending, so that nobody repeats the point).
        value: Last value of the metric, for a finished run.
        at_rung: Value of the metric at the last rung that a pruned run reached, by rung.
    """

    point: Mapping[str, Any]
    state: TrialState
    value: float | None = None
    at_rung: Mapping[int, float] | None = None
