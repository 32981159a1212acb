"""What can become of a run, and how one knows."""

from dataclasses import dataclass
from enum import StrEnum

from agent.health import finding as health


class Kind(StrEnum):
    """What became of a run."""

    HEALTHY = "healthy"
    NOT_LEARNING = "not learning"
    COLLAPSED = "collapsed"
    KL_DIVERGING = "KL diverging"
    REWARD_HACKING = "reward hacking"
    UNSTABLE = "unstable"
    STOPPED_EARLY = "stopped early"
    FAILED = "failed"
    UNFINISHED = "unfinished"


COMPARABLE = (Kind.HEALTHY, Kind.NOT_LEARNING)
"""What can be ranked: runs that used their whole budget in good health."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of a run, since which training step, and how one knows."""

    kind: Kind
    step: int
    evidence: str


def verdict(found: health.Finding) -> Finding:
    """The verdict on a run that a health check found unhealthy."""
    return Finding(kind_of(found.kind), found.step, found.evidence)


def kind_of(written: str) -> Kind:
    """The verdict that a kind of health finding leads to; unstable where it has no verdict of its own."""
    return next((kind for kind in Kind if kind == written), Kind.UNSTABLE)
