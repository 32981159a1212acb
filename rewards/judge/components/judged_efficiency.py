"""Reward that is the judge's efficiency."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.criterion import CriterionReward


@dataclass(frozen=True)
class JudgedEfficiency(CriterionReward):
    """Sign +1: the judge's `efficiency`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "efficiency"
    name = "judged_efficiency"
