"""Every health check on the curves of a run, for the running agent and the later analysis alike."""

import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Self

from agent.health import collapse, drift, length, reward
from agent.health.curve import Curve
from agent.health.finding import Finding, Kind
from agent.health.seen import Seen

CHECKS = (*drift.CHECKS, *collapse.CHECKS, *reward.CHECKS, *length.CHECKS)

WATCHED = tuple(dict.fromkeys(metric for check in CHECKS for metric in check.metrics))
"""The metrics that the checks read."""


class HealthLimits(drift.DriftLimits, collapse.CollapseLimits, reward.RewardLimits, length.LengthLimits):
    """The thresholds of all health checks: when a run is unhealthy, or worth a warning."""

    @classmethod
    def stated_in(cls, config: Mapping[str, Any]) -> Self:
        """The limits in a run's saved configuration, and the defaults of those that it does not have.

        A run of another program has no bound on KL in its configuration, and may measure KL in another way:
        it gets none.
        """
        stated = {
            name: value
            for name in cls.model_fields
            if isinstance(value := config.get(name), int | float) and not isinstance(value, bool)
        }
        return cls.model_validate({"health_kl_max": math.inf, **stated})


def check_health(
    curves: Mapping[str, Curve], starter: Mapping[str, float], limits: HealthLimits, window: int
) -> list[Finding]:
    """The first finding of each kind in what a run has logged so far, by step.

    What is logged later does not change a finding, with one exception: the fall of the held-out score depends
    on its last value.

    Args:
        curves: By metric; see `Seen`.
        starter: The starting model's values; see `Seen`.
        limits: Thresholds.
        window: Logged values over which metrics of training steps are averaged.
    """
    seen = Seen(curves, starter, window)
    found = [finding for check in CHECKS if (finding := check.find(seen, limits)) is not None]
    first: dict[Kind, Finding] = {}
    for finding in sorted(found, key=attrgetter("step")):
        first.setdefault(finding.kind, finding)
    return list(first.values())
