"""What a judge is asked and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rewards.judge.problems import JudgedProblem

CRITERIA = ("correctness", "quality", "efficiency", "documentation")


@dataclass(frozen=True)
class Question:
    """A program to judge, and the problem that it is to solve."""

    problem: JudgedProblem
    program: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What the verdict depends on."""
        return self.problem.prompt, self.problem.solution, self.program


@dataclass(frozen=True)
class Verdict:
    """Four criteria, each in [0, 1], and a remark of one line.

    Raises:
        ValueError: If a criterion is outside [0, 1], or no number.
    """

    correctness: float
    quality: float
    efficiency: float
    documentation: float
    remark: str = ""

    def __post_init__(self) -> None:
        for criterion in CRITERIA:
            value = getattr(self, criterion)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{criterion} must lie in [0, 1], got {value!r}")


@dataclass(frozen=True)
class Unjudged:
    """That there is no verdict, and why. It is no statement about the program."""

    reason: str


class Judge(Protocol):
    """Judges programs, each by itself: what else is in a batch has no influence."""

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order."""
        ...
