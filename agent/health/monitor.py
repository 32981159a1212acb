"""The health of one run during training."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from agent.health.checks import HealthLimits, check_health, watched
from agent.health.curve import Curve, window_of
from agent.health.finding import Finding
from agent.health.reward import REFERENCE


class Monitor:
    """Stores the metrics of a run, checks them, and keeps the first finding of each kind.

    Args:
        limits: Limits of the checks.
        steps: Planned number of training steps.
        starter: Name `starter/{name}` → value of each held-out metric for the starting model.

    Attributes:
        findings: The first finding of each kind, in the order in which they were found.
    """

    def __init__(self, limits: HealthLimits, steps: int, starter: Mapping[str, float]) -> None:
        self._limits = limits
        self._steps = steps
        self._last_step = 0
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
        """Store the metrics of one training step. Steps must increase."""
        self._last_step = step
        for name in watched(row):
            self._points[name].append((step, row[name]))

    def restore(self, rows: Iterable[Mapping[str, float]]) -> None:
        """Continue from the rows of a run directory, with checks at the same steps as before."""
        for row in rows:
            self.observe(int(row["train/global_step"]), row)
            if REFERENCE in row:
                self.check()

    def check(self) -> None:
        """Run the health checks on all metrics stored so far."""
        curves = {name: Curve.of(points) for name, points in self._points.items()}
        ended = self._last_step >= self._steps
        for finding in check_health(curves, self._starter, self._limits, self._window, ended):
            self.add(finding)

    def add(self, finding: Finding | None) -> None:
        """Store `finding`, unless it is `None` or one of its kind was found before."""
        if finding is not None and finding.kind not in {known.kind for known in self.findings}:
            self.findings.append(finding)
