"""Reward that is the judge's quality."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.criterion import CriterionReward


@dataclass(frozen=True)
class JudgedQuality(CriterionReward):
    """Sign +1: the judge's `quality`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "quality"
    name = "judged_quality"
