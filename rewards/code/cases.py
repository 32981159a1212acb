"""Tests of a program: calls with the values expected. The values stay on this side of the sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.code.sandbox.program import THROUGH, Answer, Call
from rewards.code.values import encode, matches


@dataclass(frozen=True)
class Case:
    """A call and the value that it must return.

    Attributes:
        call: What the program is asked.
        expected: The value.
        exact: The type must be equal as well; otherwise `1`, `1.0` and `True` are one.
        tolerance: Absolute difference up to which a number may miss an expected float.
    """

    call: Call
    expected: Any
    exact: bool = True
    tolerance: float = 0.0

    def passes(self, answer: Answer) -> bool:
        """Whether an answer is right."""
        return not answer.error and matches(
            self.expected, answer.value, exact=self.exact, tolerance=self.tolerance
        )


def case_of(
    function: str,
    arguments: Sequence[Any],
    expected: Any,
    *,
    keywords: Mapping[str, Any] | None = None,
    through: str = "",
    exact: bool = True,
    tolerance: float = 0.0,
) -> Case:
    """A case out of plain values.

    Args:
        function: Name of a function at the top level of the program.
        arguments: Its positional arguments.
        expected: The value that it must return.
        keywords: Its keyword arguments.
        through: A builtin that the returned value goes through first: `sorted`, `set`, `bool` ...
        exact: See `Case`.
        tolerance: See `Case`.

    Raises:
        ValueError: If a value has no encoding or equals nothing (NaN), the tolerance is negative, or there is
            no such builtin.
    """
    if through and through not in THROUGH:
        raise ValueError(f"a value cannot go through {through!r}; there are: {', '.join(THROUGH)}")
    if not tolerance >= 0:
        raise ValueError(f"a tolerance must not be negative, got {tolerance}")
    if not matches(expected, encode(expected)):
        raise ValueError(f"{expected!r:.80} equals nothing, so no program can return it")
    call = Call(
        function,
        tuple(encode(argument) for argument in arguments),
        {name: encode(value) for name, value in (keywords or {}).items()},
        through,
    )
    return Case(call, expected, exact, tolerance)
