"""Reward that is the judged score of a program divided by that of the teacher's solution."""

import math
from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.code.reward import readable
from rewards.judge.reward import JudgeReward
from rewards.judge.verdict import CRITERIA, Verdict

_MIN_TEACHER_SCORE = 0.1
"""With a lower score the teacher has failed, and the ratio to it would be noise."""


@dataclass(frozen=True)
class JudgedCode(JudgeReward):
    """Sign +1: the judged score of the student's program divided by that of the teacher's.

    Formula: clip(student / teacher, 0, 1), where a judged score is the weighted mean of the four criteria. A
    student better than the teacher gets 1. A sample is unscored if one of the two could not be judged, its
    prompt has no problem, or the teacher's score is below 0.1. Range [0, 1]. Source:
    mlx-rlaif-teacher-student, which divided by the teacher's score + 1e-6, so that a failed teacher gave
    rewards of up to 10^6. It also counted a failed judgement as 0.5.

    Attributes:
        correctness: Weight of this criterion; the default is the published one.
        quality: Likewise.
        efficiency: Likewise.
        documentation: Likewise.

    Raises:
        ValueError: If a weight is negative or not finite, or all are 0.
    """

    correctness: float = 0.3
    quality: float = 0.3
    efficiency: float = 0.2
    documentation: float = 0.2

    name = "judged_code"

    def __post_init__(self) -> None:
        super().__post_init__()
        weights = [getattr(self, criterion) for criterion in CRITERIA]
        if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or not sum(weights):
            raise ValueError(f"weights must be finite, not negative and not all 0; got {weights}")

    def score(self, verdict: Verdict) -> float:
        """Weighted mean of the four criteria of `verdict`, in [0, 1]."""
        weights = {criterion: getattr(self, criterion) for criterion in CRITERIA}
        total = sum(weight * getattr(verdict, criterion) for criterion, weight in weights.items())
        return float(total / sum(weights.values()))

    def _evaluate(self, student: Verdict, teacher: Verdict) -> Evaluation:
        own, reference = self.score(student), self.score(teacher)
        if reference < _MIN_TEACHER_SCORE:
            message = f"the teacher's solution scores only {reference:.2f}, too low to compare with"
            return Evaluation(None, message)
        parts = ", ".join(f"{criterion} {getattr(student, criterion):.2f}" for criterion in CRITERIA)
        message = f"{own:.2f}, the teacher's {reference:.2f}: {parts}; {student.remark}"
        return Evaluation(min(1.0, own / reference), readable(message).removesuffix("; "))
