"""What a health check found."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["not finite", "KL diverging", "collapsed"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a run.

    Attributes:
        kind: what is wrong, in the words of the verdicts.
        step: training step at which it was first seen.
        evidence: the measured value and the bound it broke, for people.
    """

    kind: Kind
    step: int
    evidence: str
