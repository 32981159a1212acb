"""Problems with a teacher's solution: what a student's program is compared with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards.code.cases import Case
from rewards.code.problems import load_problems, read_problems


@dataclass(frozen=True)
class JudgedProblem:
    """A prompt, the cases that a solution passes, and the teacher's solution.

    Raises:
        ValueError: If there is no solution.
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
    """Problems from a file of JSON lines, or from mappings of the same form.

    Each has what `rewards.code.problems` reads, and the teacher's `solution`: a whole program.

    Raises:
        ValueError: If the file cannot be read, an entry is wrong or has no solution, or two have the same
            prompt; one line.
    """
    return read_problems(source, JudgedProblem, _judged)


def _judged(entry: Mapping[str, Any]) -> JudgedProblem:
    solution = entry.get("solution")
    if not isinstance(solution, str):
        raise ValueError(f"the problem {entry.get('prompt')!r:.60} has no solution to compare with")
    (problem,) = load_problems([{key: value for key, value in entry.items() if key != "solution"}])
    return JudgedProblem(problem.prompt, problem.cases, solution)
