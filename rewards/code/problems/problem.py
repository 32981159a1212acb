"""Problems: prompts with test cases, from a file or from mappings."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from rewards.code.problems.asserts import cases_from
from rewards.code.problems.cases import Case, case_of
from rewards.code.problems.values import decode


@dataclass(frozen=True)
class Problem:
    """A prompt and the cases that its completion must pass.

    Attributes:
        prompt: The prompt; it identifies the problem.
        cases: At least one case.

    Raises:
        ValueError: If there is no case, because every program would then pass.
    """

    prompt: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError(f"the problem {self.prompt!r:.60} has no test, so every program would pass")


class _CaseEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    function: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    expected: Any
    through: str = ""
    exact: bool = True
    tolerance: float = 0.0


class _ProblemEntry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str
    cases: list[_CaseEntry] = []
    asserts: list[str] = []


def load_problems(source: str | Path | Iterable[Problem | Mapping[str, Any]]) -> tuple[Problem, ...]:
    """Problems from a file of JSON lines, or from mappings with the same keys, in order.

    An entry has a `prompt`, and `cases` or `asserts` or both. A case has the keys `function`, `args`,
    `kwargs`, `expected`, `through`, `exact` and `tolerance`, with values encoded as
    `rewards.code.problems.values` describes. `asserts` are lines of Python that `cases_from` can translate.

    Raises:
        ValueError: If the file cannot be read, there is no problem, an entry is wrong, or two problems have
            the same prompt. The message is one line.
    """
    return read_problems(source, Problem, _problem)


class _HasPrompt(Protocol):
    @property
    def prompt(self) -> str: ...


_Kind = TypeVar("_Kind", bound=_HasPrompt)


def read_problems(
    source: str | Path | Iterable[_Kind | Mapping[str, Any]],
    kind: type[_Kind],
    read: Callable[[Mapping[str, Any]], _Kind],
) -> tuple[_Kind, ...]:
    """Problems of one class, in order, from the sources that `load_problems` accepts.

    Args:
        source: A file of JSON lines, or problems and mappings.
        kind: Class of the problems.
        read: Returns the problem that a mapping describes.

    Raises:
        ValueError: If the file cannot be read, there is no problem, or two problems have the same prompt. The
            message is one line.
    """
    if isinstance(source, str | Path):
        try:
            lines = Path(source).read_text(encoding="utf-8").splitlines()
            source = [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError) as error:
            raise ValueError(f"cannot read the problems {source}: {error}") from error
    problems = tuple(entry if isinstance(entry, kind) else read(cast(Any, entry)) for entry in source)
    if not problems:
        raise ValueError("there are no problems")
    if len({problem.prompt for problem in problems}) < len(problems):
        raise ValueError("two problems have the same prompt: their tests could not be told apart")
    return problems


def _problem(entry: Mapping[str, Any]) -> Problem:
    try:
        fields = _ProblemEntry.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(
            f"a problem is wrong at {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from error
    cases = [
        case_of(
            case.function,
            [decode(value) for value in case.args],
            decode(case.expected),
            keywords={name: decode(value) for name, value in case.kwargs.items()},
            through=case.through,
            exact=case.exact,
            tolerance=case.tolerance,
        )
        for case in fields.cases
    ]
    for line in fields.asserts:
        cases += cases_from(line)
    return Problem(fields.prompt, tuple(cases))
