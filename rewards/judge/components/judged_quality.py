"""Reward that is the criterion *quality* of the judge's verdict."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.reward import CriterionReward


@dataclass(frozen=True)
class JudgedQuality(CriterionReward):
    """Sign +1: the `quality` that the judge gives the program, not divided by the teacher's.

    Range [0, 1].
    """

    criterion: ClassVar[str] = "quality"
    name = "judged_quality"
