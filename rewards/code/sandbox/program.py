"""What goes into the sandbox, programs and calls, and what comes out, answers and results."""

from dataclasses import dataclass, field
from typing import Any

THROUGH: dict[str, Any] = {
    "abs": abs,
    "bool": bool,
    "float": float,
    "frozenset": frozenset,
    "int": int,
    "len": len,
    "list": list,
    "set": set,
    "sorted": sorted,
    "str": str,
    "sum": sum,
    "tuple": tuple,
}
"""Builtins that can be applied to a returned value before it is compared, by name."""


@dataclass(frozen=True)
class Call:
    """A call of one of the program's functions.

    Attributes:
        function: Its name, at the top level of the program.
        arguments: Positional arguments, as `rewards.code.problems.values` encodes them.
        keywords: Keyword arguments, encoded.
        through: Name of a builtin in `THROUGH` that is applied to the result, or "" for none.
    """

    function: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    through: str = ""


@dataclass(frozen=True)
class Program:
    """A program and the calls that it must answer. Without calls it runs as a script."""

    code: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A program's answer to one call: an encoded value, or an error. It cannot be trusted."""

    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class Result:
    """The result of running a program.

    Attributes:
        answers: Answers in the order of the calls; fewer than the calls if the program ended early.
        exit_code: Exit status of a program that ended by itself, negative for a signal; None if the sandbox
            ended it.
        output: Standard output and standard error together.
        reason: Why the program failed; empty if all calls are answered or the script ended with status 0.
        fault: Error of the sandbox itself; if not empty, the result says nothing about the program.
    """

    answers: tuple[Answer, ...] = ()
    exit_code: int | None = None
    output: str = ""
    reason: str = ""
    fault: str = ""
