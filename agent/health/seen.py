"""What health checks are given, and what a check is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from agent.health.curve import Curve, trailing_mean
from agent.health.finding import Finding

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=1)]

_NOTHING = Curve.of(())


class Limits(BaseModel):
    """Thresholds of health checks, as fields `health_...` of a run's configuration.

    "Relative" means relative to the starting model's own value, measured in the same way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True)
class Seen:
    """What a run has logged so far.

    Attributes:
        curves: By metric; metrics that were not logged may be missing.
        starter: The starting model's values of the held-out metrics, as `starter/{name}`. Without a value, a
            held-out metric is not compared with the start.
        window: Number of logged values over which metrics of training steps are averaged.
    """

    curves: Mapping[str, Curve]
    starter: Mapping[str, float]
    window: int

    def logged(self, metric: str) -> Curve:
        """The curve of a metric; empty if it was not logged."""
        return self.curves.get(metric, _NOTHING)

    def smooth(self, metric: str) -> Curve:
        """The trailing means of a metric over `window` values."""
        return trailing_mean(self.logged(metric), self.window)

    def start(self, metric: str) -> float:
        """The starting model's value of `objective/{name}`; NaN, which passes no comparison, if unknown."""
        return self.starter.get(metric.replace("objective/", "starter/"), float("nan"))


@dataclass(frozen=True)
class Check:
    """One health check.

    Attributes:
        metrics: The metrics that it reads.
        find: The first finding in what was seen, given the limits; None if there is none.
    """

    metrics: tuple[str, ...]
    find: Callable[[Seen, Any], Finding | None]
