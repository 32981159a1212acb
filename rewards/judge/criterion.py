"""One criterion of a judge's verdict by itself, for the logs: what the ratio is made of."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.base import Evaluation
from rewards.code.base import readable
from rewards.judge.base import JudgeReward
from rewards.judge.verdict import Verdict


@dataclass(frozen=True)
class JudgedCorrectness(JudgeReward):
    """Sign +1: the judge's `correctness`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "correctness"
    name = "judged_correctness"

    def _evaluate(self, student: Verdict, teacher: Verdict) -> Evaluation:
        value: float = getattr(student, self.criterion)
        message = f"{self.criterion} {value:.2f}, the teacher's {getattr(teacher, self.criterion):.2f}"
        return Evaluation(value, readable(f"{message}; {student.remark}"))


@dataclass(frozen=True)
class JudgedQuality(JudgedCorrectness):
    """Sign +1: the judge's `quality`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "quality"
    name = "judged_quality"


@dataclass(frozen=True)
class JudgedEfficiency(JudgedCorrectness):
    """Sign +1: the judge's `efficiency`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "efficiency"
    name = "judged_efficiency"


@dataclass(frozen=True)
class JudgedDocumentation(JudgedCorrectness):
    """Sign +1: the judge's `documentation`, not divided by the teacher's. Range [0, 1]."""

    criterion: ClassVar[str] = "documentation"
    name = "judged_documentation"
