"""Questions to a judge and its answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rewards.judge.problems import JudgedProblem

CRITERIA = ("correctness", "quality", "efficiency", "documentation")
"""The criteria of a verdict, in the order of its fields."""


@dataclass(frozen=True)
class Question:
    """A program to judge, and the problem that it should solve."""

    problem: JudgedProblem
    program: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Prompt, teacher's solution and program: all that the verdict depends on."""
        return self.problem.prompt, self.problem.solution, self.program


@dataclass(frozen=True)
class Verdict:
    """A judge's grades for one program by four criteria, each in [0, 1], and a remark of one line.

    Attributes:
        correctness: Whether the program does what its prompt asks.
        quality: Whether its code is clear and simple.
        efficiency: Whether it avoids needless work.
        documentation: Whether its docstring says what it does.
        remark: The reason, for messages and logs; may be empty.

    Raises:
        ValueError: If a grade is outside [0, 1] or NaN.
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
    """The reason why there is no verdict. It is not the fault of the program."""

    reason: str


class Judge(Protocol):
    """A judge of programs. A verdict does not depend on the other questions of the batch."""

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order."""
        ...
