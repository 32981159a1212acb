"""Reward that is the judge's documentation."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.criterion import CriterionReward


@dataclass(frozen=True)
class JudgedDocumentation(CriterionReward):
    """Sign +1: the judge's `documentation`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "documentation"
    name = "judged_documentation"
