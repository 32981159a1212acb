"""Small expressions, each of which can be described in English, written in Python and evaluated."""

# ruff: noqa: E501 - one step per line

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Value = int | bool | str | list[int]


@dataclass(frozen=True)
class Step:
    """One operation on a value.

    Attributes:
        takes: Type of the value.
        gives: Type of the result.
        words: Description in English; `{k}` is the constant.
        code: Python code; `{}` is the value and `{k}` the constant.
        evaluate: Returns the result for a value and a constant.
        constants: Constants to choose from; `(None,)` if the step has none.
    """

    takes: str
    gives: str
    words: str
    code: str
    evaluate: Callable[[Any, Any], Value]
    constants: Sequence[int | str | None] = (None,)


_SMALL = (2, 3, 5, 7)
_FEW = (1, 2, 3)
_LETTERS = tuple("abcde")
_INT, _BOOL, _TEXT, _LIST = "int", "bool", "str", "list[int]"

STEPS = (
    Step(_INT, _INT, "add {k}", "({}) + {k}", lambda v, k: v + k, _SMALL),
    Step(_INT, _INT, "subtract {k}", "({}) - {k}", lambda v, k: v - k, _SMALL),
    Step(_INT, _INT, "multiply by {k}", "({}) * {k}", lambda v, k: v * k, _SMALL),
    Step(_INT, _INT, "divide by {k} and round down", "({}) // {k}", lambda v, k: v // k, _SMALL),
    Step(_INT, _INT, "take the remainder by {k}", "({}) % {k}", lambda v, k: v % k, _SMALL),
    Step(_INT, _INT, "take the distance from {k}", "abs(({}) - {k})", lambda v, k: abs(v - k), _SMALL),
    Step(_INT, _INT, "square it", "({}) ** 2", lambda v, _: v**2),
    Step(_INT, _BOOL, "ask if above {k}", "({}) > {k}", lambda v, k: v > k, _SMALL),
    Step(_INT, _BOOL, "ask if below {k}", "({}) < {k}", lambda v, k: v < k, _SMALL),
    Step(_INT, _BOOL, "ask if a multiple of {k}", "({}) % {k} == 0", lambda v, k: v % k == 0, _SMALL),
    Step(_LIST, _INT, "sum up", "sum({})", lambda v, _: sum(v)),
    Step(_LIST, _INT, "count the items", "len({})", lambda v, _: len(v)),
    Step(_LIST, _INT, "take the largest or 0", "max({}, default=0)", lambda v, _: max(v, default=0)),
    Step(_LIST, _INT, "take the smallest or 0", "min({}, default=0)", lambda v, _: min(v, default=0)),
    Step(_LIST, _INT, "count each {k}", "({}).count({k})", lambda v, k: v.count(k), _SMALL),
    Step(_LIST, _BOOL, "ask if {k} is in", "{k} in ({})", lambda v, k: k in v, _SMALL),
    Step(_LIST, _LIST, "keep items above {k}", "[x for x in {} if x > {k}]", lambda v, k: [x for x in v if x > k], _SMALL),
    Step(_LIST, _LIST, "keep items below {k}", "[x for x in {} if x < {k}]", lambda v, k: [x for x in v if x < k], _SMALL),
    Step(_LIST, _LIST, "keep even items", "[x for x in {} if x % 2 == 0]", lambda v, _: [x for x in v if x % 2 == 0]),
    Step(_LIST, _LIST, "add {k} to each", "[x + {k} for x in {}]", lambda v, k: [x + k for x in v], _SMALL),
    Step(_LIST, _LIST, "multiply each by {k}", "[x * {k} for x in {}]", lambda v, k: [x * k for x in v], _SMALL),
    Step(_LIST, _LIST, "sort", "sorted({})", lambda v, _: sorted(v)),
    Step(_LIST, _LIST, "reverse", "({})[::-1]", lambda v, _: v[::-1]),
    Step(_LIST, _LIST, "keep every second item", "({})[::2]", lambda v, _: v[::2]),
    Step(_LIST, _LIST, "keep the first {k}", "({})[:{k}]", lambda v, k: v[:k], _FEW),
    Step(_LIST, _LIST, "drop the first {k}", "({})[{k}:]", lambda v, k: v[k:], _FEW),
    Step(_LIST, _LIST, "sort without repeats", "sorted(set({}))", lambda v, _: sorted(set(v))),
    Step(_TEXT, _TEXT, "write in capitals", "({}).upper()", lambda v, _: v.upper()),
    Step(_TEXT, _TEXT, "reverse", "({})[::-1]", lambda v, _: v[::-1]),
    Step(_TEXT, _TEXT, "repeat {k} times", "({}) * {k}", lambda v, k: v * k, (2, 3, 4)),
    Step(_TEXT, _TEXT, "keep the first {k}", "({})[:{k}]", lambda v, k: v[:k], _FEW),
    Step(_TEXT, _TEXT, "keep the last {k}", "({})[-{k}:]", lambda v, k: v[-k:], _FEW),
    Step(_TEXT, _TEXT, "remove each '{k}'", "({}).replace('{k}', '')", lambda v, k: v.replace(k, ""), _LETTERS),
    Step(_TEXT, _TEXT, "append '{k}'", "({}) + '{k}'", lambda v, k: v + k, _LETTERS),
    Step(_TEXT, _INT, "take the length", "len({})", lambda v, _: len(v)),
    Step(_TEXT, _INT, "count each '{k}'", "({}).count('{k}')", lambda v, k: v.count(k), _LETTERS),
    Step(_TEXT, _INT, "count different letters", "len(set({}))", lambda v, _: len(set(v))),
    Step(_TEXT, _BOOL, "ask if it starts with '{k}'", "({}).startswith('{k}')", lambda v, k: v.startswith(k), _LETTERS),
    Step(_TEXT, _BOOL, "ask if '{k}' is in", "'{k}' in ({})", lambda v, k: k in v, _LETTERS),
)  # fmt: skip

Link = tuple[Step, int | str | None]
"""A step and its constant."""

ARGUMENTS = {_INT: "number", _LIST: "numbers", _TEXT: "text"}
"""Type → name of a function's argument."""


@dataclass(frozen=True)
class Expression:
    """Steps that are applied to an argument one after the other."""

    takes: str
    chain: tuple[Link, ...]

    @property
    def gives(self) -> str:
        """Type of the result."""
        return self.chain[-1][0].gives

    @property
    def words(self) -> str:
        """Description in English. For one type of argument, equal descriptions mean equal functions."""
        return ", then ".join(step.words.format(k=constant) for step, constant in self.chain)

    @property
    def code(self) -> str:
        """Python code, without unnecessary parentheses."""
        text = ARGUMENTS[self.takes]
        for link in self.chain:
            text = written(link, text)
        return text

    @property
    def structure(self) -> tuple[str, ...]:
        """Type of the argument and the steps in alphabetical order, without their constants."""
        return self.takes, *sorted(step.words for step, _ in self.chain)

    def evaluate(self, value: Value) -> Value:
        """The result for the argument `value`."""
        for step, constant in self.chain:
            value = step.evaluate(value, constant)
        return value


def written(link: Link, value: str) -> str:
    """Python code of a step on `value`, which is Python code too, without unnecessary parentheses."""
    step, constant = link
    return ast.unparse(ast.parse(step.code.format(value, k=constant), mode="eval"))


def all_expressions(takes: str, max_steps: int) -> Iterator[Expression]:
    """Every expression of 1 to `max_steps` steps on one type of argument."""
    chains: list[tuple[Link, ...]] = [()]
    for _ in range(max_steps):
        chains = [
            (*chain, (step, constant))
            for chain in chains
            for step in STEPS
            if step.takes == (chain[-1][0].gives if chain else takes)
            for constant in step.constants
        ]
        yield from (Expression(takes, chain) for chain in chains)


def draw_expression(rng: random.Random, max_steps: int) -> Expression:
    """A random expression of 1 to `max_steps` steps; it ends early at a type that no step takes."""
    takes = kind = rng.choice(list(ARGUMENTS))
    chain: list[Link] = []
    for _ in range(rng.randint(1, max_steps)):
        following = [step for step in STEPS if step.takes == kind]
        if not following:
            break
        step = rng.choice(following)
        chain.append((step, rng.choice(step.constants)))
        kind = step.gives
    return Expression(takes, tuple(chain))
