"""One criterion of a judge's verdict by itself, for the logs: the parts of the judged score."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.base import Evaluation
from rewards.code.reward import readable
from rewards.judge.reward import JudgeReward
from rewards.judge.verdict import Verdict


@dataclass(frozen=True)
class CriterionReward(JudgeReward):
    """A reward whose score is one criterion of the student's verdict, in [0, 1]."""

    criterion: ClassVar[str]

    def _evaluate(self, student: Verdict, teacher: Verdict) -> Evaluation:
        value: float = getattr(student, self.criterion)
        message = f"{self.criterion} {value:.2f}, the teacher's {getattr(teacher, self.criterion):.2f}"
        return Evaluation(value, readable(f"{message}; {student.remark}"))
