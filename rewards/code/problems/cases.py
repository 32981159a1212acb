"""Test cases: calls of a program's functions with their expected values, which never enter the sandbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.code.problems.values import encode, matches
from rewards.code.sandbox.program import THROUGH, Answer, Call


@dataclass(frozen=True)
class Case:
    """A call and the value that it must return.

    Attributes:
        call: The call that the program must answer.
        expected: The value that the call must return.
        exact: Whether the type must be equal too; if not, `1`, `1.0` and `True` are equal.
        tolerance: Absolute difference up to which a number counts as equal to an expected float.
    """

    call: Call
    expected: Any
    exact: bool = True
    tolerance: float = 0.0

    def passes(self, answer: Answer) -> bool:
        """Whether `answer` is the expected value."""
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
    """A case from plain Python values.

    Args:
        function: Name of a function at the top level of the program.
        arguments: Its positional arguments.
        expected: The value that it must return.
        keywords: Its keyword arguments.
        through: Name of a builtin that is applied to the returned value first, such as `sorted`; one of
            `THROUGH`, or "" for none.
        exact: See `Case`.
        tolerance: See `Case`.

    Raises:
        ValueError: If a value cannot be encoded, the expected value is not equal to itself (NaN), the
            tolerance is negative, or `through` is not in `THROUGH`.
    """
    if through and through not in THROUGH:
        raise ValueError(f"through must be one of {', '.join(THROUGH)}; got {through!r}")
    if not tolerance >= 0:
        raise ValueError(f"a tolerance must not be negative, got {tolerance}")
    if not matches(expected, encode(expected)):
        raise ValueError(
            f"the expected value {expected!r:.80} is not equal to itself, so no program could pass"
        )
    call = Call(
        function,
        tuple(encode(argument) for argument in arguments),
        {name: encode(value) for name, value in (keywords or {}).items()},
        through,
    )
    return Case(call, expected, exact, tolerance)
