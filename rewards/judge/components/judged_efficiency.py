"""Reward that is the criterion *efficiency* of the judge's verdict."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.reward import CriterionReward


@dataclass(frozen=True)
class JudgedEfficiency(CriterionReward):
    """Sign +1: the `efficiency` that the judge gives the program, not divided by the teacher's.

    Range [0, 1].
    """

    criterion: ClassVar[str] = "efficiency"
    name = "judged_efficiency"
