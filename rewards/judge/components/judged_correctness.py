"""Reward that is the criterion *correctness* of the judge's verdict."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.judge.reward import CriterionReward


@dataclass(frozen=True)
class JudgedCorrectness(CriterionReward):
    """Sign +1: the `correctness` that the judge gives the program, not divided by the teacher's.

    Range [0, 1].
    """

    criterion: ClassVar[str] = "correctness"
    name = "judged_correctness"
