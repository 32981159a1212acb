"""Reward that is the criterion *documentation* of the judge's verdict."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.reward import CriterionReward


@dataclass(frozen=True)
class JudgedDocumentation(CriterionReward):
    """Sign +1: the `documentation` that the judge gives the program, not divided by the teacher's.

    Range [0, 1].
    """

    criterion: ClassVar[str] = "documentation"
    name = "judged_documentation"
