"""The result of one run, as the search receives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

TrialState = Literal["finished", "pruned", "failed", "running"]


@dataclass(frozen=True)
class Trial:
    """One run as the search sees it.

    Attributes:
        point: Value of every parameter, by name.
        state: `finished` (`value` is its result), `pruned` (stopped by Hyperband; `at_rung` is its result),
            `failed` (no result) or `running` (no result yet; the search avoids proposing its point again).
        value: Last value of the metric, for a finished run.
        at_rung: Value of the metric at the last rung that a pruned run reached, by rung.
    """

    point: Mapping[str, Any]
    state: TrialState
    value: float | None = None
    at_rung: Mapping[int, float] | None = None
