"""Exercises: a prompt with description and signature, a solution, and cases that detect wrong programs."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from agent.tasks.code.expressions import ARGUMENTS, Expression, Value, all_expressions, draw_expression
from rewards.code.problems.cases import case_of
from rewards.code.problems.problem import Problem

FUNCTION = "solve"
LONGEST = 2
"""Maximum number of steps of an exercise."""
HELD_OUT_PERCENT = 20
"""Percentage of the structures (steps without constants and order) whose exercises are held out."""
FEWEST_CASES = 5
"""Minimum number of cases of an exercise."""
_POOL = 64
"""Number of arguments of each type that cases are chosen from."""
_NEIGHBOURS = 300
"""Number of other functions of the same argument type that the cases must detect."""
_WASTED = 300
"""Number of consecutive draws without a new exercise after which drawing is given up."""


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    Attributes:
        prompt: Description and signature, up to where the body begins. It contains no case.
        solution: A body that passes all cases.
        problem: The prompt with its cases, for the rewards `tests_pass` and `tests_fail` with
            `reads: text`.
    """

    prompt: str
    solution: str
    problem: Problem


def draw_exercises(count: int, seed: int, *, held_out: bool) -> tuple[Exercise, ...]:
    """`count` exercises of one side, with different prompts; a smaller `count` gives the first of them.

    Args:
        count: Number of exercises.
        seed: Seed of the draw.
        held_out: Whether to draw held-out exercises. None has the steps of a training exercise, with other
            constants or in another order, or is solved by the solution of one.

    Raises:
        ValueError: If there are fewer different exercises.
    """
    rng = random.Random(seed)
    found: dict[str, Exercise] = {}
    wasted = 0
    while len(found) < count:
        expression = draw_side(rng, held_out=held_out)
        prompt = prompt_of(expression)
        exercise = None if prompt in found else _exercise(prompt, expression)
        if exercise is not None:
            found[prompt] = exercise
        wasted = 0 if exercise is not None else wasted + 1
        if wasted == _WASTED:
            raise ValueError(f"cannot draw {count} different exercises: there are only about {len(found)}")
    return tuple(found.values())


def draw_side(rng: random.Random, *, held_out: bool) -> Expression:
    """A random expression of one side. It need not be suitable for an exercise."""
    while True:
        expression = draw_expression(rng, LONGEST)
        if is_held_out(expression) == held_out:
            return expression


def is_held_out(expression: Expression) -> bool:
    """Whether an expression is held out, which depends only on its structure."""
    digest = hashlib.sha256(repr(expression.structure).encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < HELD_OUT_PERCENT


def prompt_of(expression: Expression) -> str:
    """The description and the signature of a function."""
    argument = ARGUMENTS[expression.takes]
    return (
        f"# Take {argument}, {expression.words}.\n"
        f"def {FUNCTION}({argument}: {expression.takes}) -> {expression.gives}:"
    )


def _exercise(prompt: str, expression: Expression) -> Exercise | None:
    """The exercise; `None` if it cannot be used.

    That is so if a program that ignores its argument or returns it would solve it, or if it is held out and
    the solution of a training exercise would.
    """
    arguments, neighbours = _neighbourhood(expression.takes)
    right = [expression.evaluate(argument) for argument in arguments]
    if all(result == right[0] for result in right) or right == list(arguments):
        return None
    trained = _trained(expression.takes, LONGEST) if is_held_out(expression) else {}
    if repr(right) in trained:
        return None
    rivals = [*neighbours, *trained.values(), arguments, *([result] * _POOL for result in right)]
    cases = tuple(
        case_of(FUNCTION, [arguments[n]], right[n])
        for n in _distinguishing(right, [row for row in rivals if row != right])
    )
    return Exercise(prompt, f"\n    return {expression.code}", Problem(prompt, cases))


@cache
def _neighbourhood(kind: str) -> tuple[tuple[Value, ...], tuple[list[Value], ...]]:
    """Different arguments of a type, and the results of other functions of that type for them."""
    rng = random.Random(f"neighbourhood of {kind}")
    arguments: list[Value] = []
    while len(arguments) < _POOL:
        argument = _argument(kind, rng)
        if argument not in arguments:
            arguments.append(argument)
    rows: list[list[Value]] = []
    while len(rows) < _NEIGHBOURS:
        other = draw_expression(rng, LONGEST)
        if other.takes == kind:
            rows.append([other.evaluate(argument) for argument in arguments])
    return tuple(arguments), tuple(rows)


@cache
def _trained(kind: str, longest: int) -> dict[str, list[Value]]:
    """The different results of all training expressions of up to `longest` steps, by their text."""
    arguments, _ = _neighbourhood(kind)
    rows = (
        [expression.evaluate(argument) for argument in arguments]
        for expression in all_expressions(kind, longest)
        if not is_held_out(expression)
    )
    return {repr(row): row for row in rows}


def _distinguishing(right: list[Value], rivals: list[Sequence[Value]]) -> list[int]:
    """Indices of arguments, chosen greedily, such that every rival differs from `right` at one of them."""
    detected = [
        {number for number, row in enumerate(rivals) if row[index] != right[index]} for index in range(_POOL)
    ]
    remaining = set(range(len(rivals)))
    chosen: list[int] = []
    while remaining or len(chosen) < FEWEST_CASES:
        best = max(
            (index for index in range(_POOL) if index not in chosen),
            key=lambda n: len(detected[n] & remaining),
        )
        chosen.append(best)
        remaining -= detected[best]
    return chosen


def _argument(kind: str, rng: random.Random) -> Value:
    if kind == "int":
        return rng.randint(-40, 40)
    if kind == "str":
        return "".join(rng.choices("abcde", k=rng.randint(0, 8)))
    return [rng.randint(-6, 12) for _ in range(rng.randint(0, 8))]
