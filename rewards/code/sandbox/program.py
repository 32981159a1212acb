"""What goes into the sandbox and what comes out of it."""

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
"""Builtins that a returned value may go through before it is compared."""


@dataclass(frozen=True)
class Call:
    """A call of one of the program's functions.

    Attributes:
        function: Its name, at the top level of the program.
        arguments: Positional arguments, as `rewards.code.problems.values` encodes them.
        keywords: Keyword arguments, encoded.
        through: One of `THROUGH`, or "" for none.
    """

    function: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    through: str = ""


@dataclass(frozen=True)
class Program:
    """A program and the calls that it is to answer; without calls it is run as a script."""

    code: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a program answered to one call: an encoded value, or an error. Nothing of it can be trusted."""

    value: Any = None
    error: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a program.

    Attributes:
        answers: In the order of the calls; fewer than those where the program was cut short.
        exit_code: Of a program that ended by itself; negative for a signal, None where it was ended.
        output: What it printed, standard output and error together.
        reason: Why there is no more; empty where all calls are answered or the script ended with 0.
        fault: What went wrong with the sandbox itself; then the result says nothing about the program.
    """

    answers: tuple[Answer, ...] = ()
    exit_code: int | None = None
    output: str = ""
    reason: str = ""
    fault: str = ""
