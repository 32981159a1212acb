"""Reward that is the judge's correctness."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.criterion import CriterionReward


@dataclass(frozen=True)
class JudgedCorrectness(CriterionReward):
    """Sign +1: the judge's `correctness`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "correctness"
    name = "judged_correctness"
