"""Problems: a prompt and the tests of what continues it, from a file or as they are."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from rewards.code.asserts import cases_from
from rewards.code.cases import Case, case_of
from rewards.code.values import decode


@dataclass(frozen=True)
class Problem:
    """A prompt and the cases that its completion must pass.

    Raises:
        ValueError: If there is no case: everything would pass.
    """

    prompt: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError(f"the problem {self.prompt!r:.60} has no test, so everything would pass")


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
    """Problems from a file of JSON lines, or from mappings of the same form.

    Each has a `prompt` and `cases` (`function`, `args`, `kwargs`, `expected`, `through`,
    `exact`, `tolerance`; values as `rewards.code.values` encodes them) or `asserts`, lines of Python
    that can be turned into cases, or both.

    Raises:
        ValueError: If the file cannot be read, an entry is wrong, or two have the same prompt; one line.
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
    """Problems of any kind, as `load_problems` does.

    Args:
        source: A file of JSON lines, or problems and mappings.
        kind: What a problem is.
        read: Makes one of a mapping.

    Raises:
        ValueError: If the file cannot be read, there is no problem, or two have the same prompt; one line.
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
        read = _ProblemEntry.model_validate(entry)
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
        for case in read.cases
    ]
    for line in read.asserts:
        cases += cases_from(line)
    return Problem(read.prompt, tuple(cases))
