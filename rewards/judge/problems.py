"""Problems with a teacher's solution, with which the student's program is compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards.code.problems.cases import Case
from rewards.code.problems.problem import load_problems, read_problems


@dataclass(frozen=True)
class JudgedProblem:
    """A prompt, its test cases, and the teacher's solution.

    Attributes:
        prompt: The prompt; it identifies the problem.
        cases: The test cases.
        solution: The teacher's solution, a complete program.

    Raises:
        ValueError: If the solution is empty.
    """

    prompt: str
    cases: tuple[Case, ...]
    solution: str

    def __post_init__(self) -> None:
        if not self.solution.strip():
            raise ValueError(f"the problem {self.prompt!r:.60} has no solution to compare with")


def load_judged_problems(
    source: str | Path | Iterable[JudgedProblem | Mapping[str, Any]],
) -> tuple[JudgedProblem, ...]:
    """Problems from a file of JSON lines, or from mappings with the same keys, in order.

    An entry has the keys that `rewards.code.problems.problem.load_problems` reads, and `solution`, the
    teacher's complete program.

    Raises:
        ValueError: If the file cannot be read, there is no problem, an entry is wrong or has no solution, or
            two problems have the same prompt. The message is one line.
    """
    return read_problems(source, JudgedProblem, _judged)


def _judged(entry: Mapping[str, Any]) -> JudgedProblem:
    solution = entry.get("solution")
    if not isinstance(solution, str):
        raise ValueError(f"the problem {entry.get('prompt')!r:.60} has no solution to compare with")
    (problem,) = load_problems([{key: value for key, value in entry.items() if key != "solution"}])
    return JudgedProblem(problem.prompt, problem.cases, solution)
