"""The metrics that health checks read, and the type of a check."""

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
    """Limits of health checks, as fields `health_...` of a run's configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True)
class LoggedMetrics:
    """The metrics that a run has logged so far.

    Attributes:
        curves: Metric → curve. Metrics that were not logged may be missing.
        starter: Name `starter/{name}` → value of each held-out metric for the starting model. A held-out
            metric without such a value is not compared with the starting model.
        window: Number of values over which metrics of training steps are averaged.
    """

    curves: Mapping[str, Curve]
    starter: Mapping[str, float]
    window: int

    def logged(self, metric: str) -> Curve:
        """The curve of a metric; empty if it was not logged."""
        return self.curves.get(metric, _NOTHING)

    def smooth(self, metric: str) -> Curve:
        """The trailing means over `window` values of a metric."""
        return trailing_mean(self.logged(metric), self.window)

    def start(self, metric: str) -> float:
        """The starting model's value of a held-out metric; NaN, if unknown, fails comparisons.

        `objective/{name}` is `starter/{name}`, and `qc/{name}` is `starter/qc/{name}`.
        """
        return self.starter.get(f"starter/{metric.removeprefix('objective/')}", float("nan"))


@dataclass(frozen=True)
class Check:
    """One health check.

    Attributes:
        metrics: Names of the metrics that it reads; `*` stands for any part of a name.
        find: Returns the first finding in the metrics, given the limits; `None` if there is none.
        at_end: Whether it holds for a run that has ended only, because later steps may refute it.
    """

    metrics: tuple[str, ...]
    find: Callable[[LoggedMetrics, Any], Finding | None]
    at_end: bool = False
