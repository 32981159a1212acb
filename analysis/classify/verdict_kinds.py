"""The kinds of verdicts on a run."""

from dataclasses import dataclass
from enum import StrEnum

from agent.health.finding import Finding


class VerdictKind(StrEnum):
    """What became of a run."""

    HEALTHY = "healthy"
    NOT_LEARNING = "not learning"
    COLLAPSED = "collapsed"
    MEMORISED = "memorised"
    KL_DIVERGING = "KL diverging"
    REWARD_HACKING = "reward hacking"
    UNSTABLE = "unstable"
    STOPPED_EARLY = "stopped early"
    FAILED = "failed"
    UNFINISHED = "unfinished"


COMPARABLE = (VerdictKind.HEALTHY, VerdictKind.NOT_LEARNING)
"""Verdicts on runs that can be ranked: they used their whole budget and were never found unhealthy."""

SOUND = (*COMPARABLE, VerdictKind.STOPPED_EARLY)
"""Verdicts on runs that were not unhealthy when they ended."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a run, the training step since which it is so, and the evidence."""

    kind: VerdictKind
    step: int
    evidence: str


def verdict_of_finding(finding: Finding) -> Verdict:
    """The verdict on a run that a health check found unhealthy."""
    return Verdict(kind_of(finding.kind), finding.step, finding.evidence)


def kind_of(written: str) -> VerdictKind:
    """The verdict kind of the same name as a kind of finding; `UNSTABLE` if there is none."""
    return next((kind for kind in VerdictKind if kind == written), VerdictKind.UNSTABLE)
