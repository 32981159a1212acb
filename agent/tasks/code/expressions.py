"""A family of small expressions: each in words, in Python, and as what it evaluates to."""

# ruff: noqa: E501 - a step a line

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Value = int | bool | str | list[int]


@dataclass(frozen=True)
class Step:
    """One operation on a value.

    Attributes:
        takes: Type of the value.
        gives: Type of the result.
        words: In English; ``{}`` is the value, ``{k}`` the constant.
        code: In Python, with the same places.
        evaluate: The operation itself, of the value and the constant.
        constants: Those to choose from; (None,) where there is none.
    """

    takes: str
    gives: str
    words: str
    code: str
    evaluate: Callable[[Any, Any], Value]
    constants: Sequence[int | str | None] = (None,)


_SMALL = tuple(range(2, 10))
_FEW = (1, 2, 3)
_LETTERS = tuple("abcde")
_INT, _BOOL, _TEXT, _LIST = "int", "bool", "str", "list[int]"

STEPS = (
    Step(_INT, _INT, "{} plus {k}", "({}) + {k}", lambda v, k: v + k, _SMALL),
    Step(_INT, _INT, "{} minus {k}", "({}) - {k}", lambda v, k: v - k, _SMALL),
    Step(_INT, _INT, "{} times {k}", "({}) * {k}", lambda v, k: v * k, _SMALL),
    Step(_INT, _INT, "{} divided by {k} and rounded down", "({}) // {k}", lambda v, k: v // k, _SMALL),
    Step(_INT, _INT, "the remainder of {} divided by {k}", "({}) % {k}", lambda v, k: v % k, _SMALL),
    Step(_INT, _INT, "the distance of {} from {k}", "abs(({}) - {k})", lambda v, k: abs(v - k), _SMALL),
    Step(_INT, _INT, "the square of {}", "({}) ** 2", lambda v, _: v**2),
    Step(_INT, _BOOL, "whether {} is greater than {k}", "({}) > {k}", lambda v, k: v > k, _SMALL),
    Step(_INT, _BOOL, "whether {} is less than {k}", "({}) < {k}", lambda v, k: v < k, _SMALL),
    Step(_INT, _BOOL, "whether {} is a multiple of {k}", "({}) % {k} == 0", lambda v, k: v % k == 0, _SMALL),
    Step(_LIST, _INT, "the sum of {}", "sum({})", lambda v, _: sum(v)),
    Step(_LIST, _INT, "the number of items in {}", "len({})", lambda v, _: len(v)),
    Step(_LIST, _INT, "the largest of {}, or 0 if there is none", "max({}, default=0)", lambda v, _: max(v, default=0)),
    Step(_LIST, _INT, "the smallest of {}, or 0 if there is none", "min({}, default=0)", lambda v, _: min(v, default=0)),
    Step(_LIST, _INT, "how often {k} is in {}", "({}).count({k})", lambda v, k: v.count(k), _SMALL),
    Step(_LIST, _BOOL, "whether {k} is in {}", "{k} in ({})", lambda v, k: k in v, _SMALL),
    Step(_LIST, _LIST, "the items of {} greater than {k}", "[x for x in {} if x > {k}]", lambda v, k: [x for x in v if x > k], _SMALL),
    Step(_LIST, _LIST, "the items of {} less than {k}", "[x for x in {} if x < {k}]", lambda v, k: [x for x in v if x < k], _SMALL),
    Step(_LIST, _LIST, "the even items of {}", "[x for x in {} if x % 2 == 0]", lambda v, _: [x for x in v if x % 2 == 0]),
    Step(_LIST, _LIST, "each item of {} plus {k}", "[x + {k} for x in {}]", lambda v, k: [x + k for x in v], _SMALL),
    Step(_LIST, _LIST, "each item of {} times {k}", "[x * {k} for x in {}]", lambda v, k: [x * k for x in v], _SMALL),
    Step(_LIST, _LIST, "{} in order", "sorted({})", lambda v, _: sorted(v)),
    Step(_LIST, _LIST, "{} in reverse", "({})[::-1]", lambda v, _: v[::-1]),
    Step(_LIST, _LIST, "every second item of {}", "({})[::2]", lambda v, _: v[::2]),
    Step(_LIST, _LIST, "the first {k} items of {}", "({})[:{k}]", lambda v, k: v[:k], _FEW),
    Step(_LIST, _LIST, "all but the first {k} items of {}", "({})[{k}:]", lambda v, k: v[k:], _FEW),
    Step(_LIST, _LIST, "the different items of {} in order", "sorted(set({}))", lambda v, _: sorted(set(v))),
    Step(_TEXT, _TEXT, "{} in capital letters", "({}).upper()", lambda v, _: v.upper()),
    Step(_TEXT, _TEXT, "{} in reverse", "({})[::-1]", lambda v, _: v[::-1]),
    Step(_TEXT, _TEXT, "{} repeated {k} times", "({}) * {k}", lambda v, k: v * k, (2, 3, 4)),
    Step(_TEXT, _TEXT, "the first {k} letters of {}", "({})[:{k}]", lambda v, k: v[:k], _FEW),
    Step(_TEXT, _TEXT, "the last {k} letters of {}", "({})[-{k}:]", lambda v, k: v[-k:], _FEW),
    Step(_TEXT, _TEXT, "{} without the letter {k}", "({}).replace('{k}', '')", lambda v, k: v.replace(k, ""), _LETTERS),
    Step(_TEXT, _TEXT, "{} followed by {k}", "({}) + '{k}'", lambda v, k: v + k, _LETTERS),
    Step(_TEXT, _INT, "the length of {}", "len({})", lambda v, _: len(v)),
    Step(_TEXT, _INT, "how often {k} is in {}", "({}).count('{k}')", lambda v, k: v.count(k), _LETTERS),
    Step(_TEXT, _INT, "the number of different letters in {}", "len(set({}))", lambda v, _: len(set(v))),
    Step(_TEXT, _BOOL, "whether {} starts with {k}", "({}).startswith('{k}')", lambda v, k: v.startswith(k), _LETTERS),
    Step(_TEXT, _BOOL, "whether {} contains {k}", "'{k}' in ({})", lambda v, k: k in v, _LETTERS),
)  # fmt: skip

ARGUMENTS = {_INT: "number", _LIST: "numbers", _TEXT: "text"}
"""What a function calls its argument, by type."""


@dataclass(frozen=True)
class Expression:
    """Steps one after the other on an argument."""

    takes: str
    chain: tuple[tuple[Step, int | str | None], ...]

    @property
    def gives(self) -> str:
        """Type of the result."""
        return self.chain[-1][0].gives

    @property
    def words(self) -> str:
        """In English."""
        return self._written(lambda step: step.words)

    @property
    def code(self) -> str:
        """In Python, with no more parentheses than it needs."""
        return ast.unparse(ast.parse(self._written(lambda step: step.code), mode="eval"))

    def evaluate(self, value: Value) -> Value:
        """The result for an argument."""
        for step, constant in self.chain:
            value = step.evaluate(value, constant)
        return value

    def _written(self, form: Callable[[Step], str]) -> str:
        text = ARGUMENTS[self.takes]
        for step, constant in self.chain:
            text = form(step).format(text, k=constant)
        return text


def draw_expression(rng: random.Random, longest: int) -> Expression:
    """A random expression of up to ``longest`` steps; the argument's type is drawn first, then the length."""
    takes = kind = rng.choice(list(ARGUMENTS))
    chain: list[tuple[Step, int | str | None]] = []
    for _ in range(rng.randint(1, longest)):
        following = [step for step in STEPS if step.takes == kind]
        if not following:
            break
        step = rng.choice(following)
        chain.append((step, rng.choice(step.constants)))
        kind = step.gives
    return Expression(takes, tuple(chain))
