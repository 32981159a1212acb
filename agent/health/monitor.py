"""The health of one run while it is training."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from agent.health.checks import WATCHED, HealthLimits, check_health
from agent.health.curve import Curve, window_of
from agent.health.finding import Finding
from agent.health.reward import REFERENCE


class Monitor:
    """What a run has logged, and the first finding of each kind.

    Args:
        limits: Thresholds.
        steps: Training steps that the run plans.
        starter: The starting model's values of the held-out metrics, as `starter/{name}`.
    """

    def __init__(self, limits: HealthLimits, steps: int, starter: Mapping[str, float]) -> None:
        self._limits = limits
        self._window = window_of(steps)
        self._starter = starter
        self._points: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        self.findings: list[Finding] = []

    @property
    def fatal(self) -> tuple[Finding, ...]:
        """The findings that make the run unhealthy, in the order in which they were found."""
        return tuple(finding for finding in self.findings if finding.fatal)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that are warnings, in the order in which they were found."""
        return tuple(finding for finding in self.findings if not finding.fatal)

    def observe(self, step: int, row: Mapping[str, float]) -> None:
        """Keep the metrics of one training step. Steps must rise."""
        for name in WATCHED:
            if name in row:
                self._points[name].append((step, row[name]))

    def restore(self, rows: Iterable[Mapping[str, float]]) -> None:
        """Continue from the rows of a run directory, checked at the same steps as before."""
        for row in rows:
            self.observe(int(row["train/global_step"]), row)
            if REFERENCE in row:
                self.check()

    def check(self) -> None:
        """Run the health checks on everything observed so far."""
        curves = {name: Curve.of(points) for name, points in self._points.items()}
        for finding in check_health(curves, self._starter, self._limits, self._window):
            self.add(finding)

    def add(self, finding: Finding | None) -> None:
        """Keep a finding, unless one of its kind was found before."""
        if finding is not None and finding.kind not in {known.kind for known in self.findings}:
            self.findings.append(finding)
