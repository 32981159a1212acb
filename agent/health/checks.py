"""All health checks on the curves of a run, for the running agent and for the analysis."""

import math
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Any, Self

from agent.health import collapse, content, drift, length, reward
from agent.health.base import LoggedMetrics
from agent.health.curve import Curve
from agent.health.finding import Finding, Kind

CHECKS = (*drift.CHECKS, *collapse.CHECKS, *content.CHECKS, *reward.CHECKS, *length.CHECKS)

WATCHED = tuple(dict.fromkeys(metric for check in CHECKS for metric in check.metrics))
"""Names and patterns of the metrics that the checks read."""


def watched(names: Iterable[str]) -> list[str]:
    """Those of some names of metrics that a check reads."""
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in WATCHED)]


class HealthLimits(
    drift.DriftLimits,
    collapse.CollapseLimits,
    content.ContentLimits,
    reward.RewardLimits,
    length.LengthLimits,
):
    """The limits of all health checks, which decide whether a run is unhealthy or gets a warning."""

    @classmethod
    def stated_in(cls, config: Mapping[str, Any]) -> Self:
        """The limits in the saved configuration of a run; the default for each limit that is missing.

        Without `health_kl_max` there is no limit on KL: the run is of another program, which may measure KL
        in another way.
        """
        stated = {
            name: value
            for name in cls.model_fields
            if isinstance(value := config.get(name), int | float) and not isinstance(value, bool)
        }
        return cls.model_validate({"health_kl_max": math.inf, **stated})


def check_health(
    curves: Mapping[str, Curve],
    starter: Mapping[str, float],
    limits: HealthLimits,
    window: int,
    ended: bool = True,
) -> list[Finding]:
    """The first finding of each kind in the metrics that a run has logged so far, ordered by step.

    Metrics that are logged later do not change a finding, with one exception: the fall of the held-out score
    depends on the last score.

    Args:
        curves: Metric → curve; see `LoggedMetrics`.
        starter: The starting model's values; see `LoggedMetrics`.
        limits: Limits of the checks.
        window: Number of values over which metrics of training steps are averaged.
        ended: Whether the run has ended.
    """
    metrics = LoggedMetrics(curves, starter, window)
    checks = [check for check in CHECKS if ended or not check.at_end]
    findings = [finding for check in checks if (finding := check.find(metrics, limits)) is not None]
    first: dict[Kind, Finding] = {}
    for finding in sorted(findings, key=attrgetter("step")):
        first.setdefault(finding.kind, finding)
    return list(first.values())
