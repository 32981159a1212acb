"""Exercises: description and signature as prompt, a solution, cases that tell it from its neighbours."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from agent.tasks.code.expressions import ARGUMENTS, Expression, Value, draw_expression
from rewards.code.problems.cases import case_of
from rewards.code.problems.problem import Problem

FUNCTION = "solve"
LONGEST = 2
"""Steps of an exercise."""
HELD_OUT_PERCENT = 20
"""Of all exercises; each belongs to one side for good."""
FEWEST_CASES = 5
_POOL = 64
"""Arguments of each type that cases are chosen from."""
_NEIGHBOURS = 300
"""Other functions of each type that the cases of one are to tell apart."""
_WASTED = 300
"""Draws in a row without anything new, after which there is taken to be nothing new."""


@dataclass(frozen=True)
class Exercise:
    """A function to write.

    Attributes:
        prompt: Its description and signature, up to where the body begins. No case is in it.
        solution: A body that passes.
        problem: The prompt with its cases, for the rewards `tests_pass` and `tests_fail` with
            `reads: text`.
    """

    prompt: str
    solution: str
    problem: Problem


def draw_exercises(count: int, seed: int, *, held_out: bool) -> tuple[Exercise, ...]:
    """Exercises of one side with different prompts; the same for the same seed, the first of a longer draw.

    Args:
        count: How many.
        seed: Seed of the draw.
        held_out: Which side: no exercise is on both.

    Raises:
        ValueError: If there are not so many.
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
            raise ValueError(f"there are no {count} different exercises, only about {len(found)}")
    return tuple(found.values())


def draw_side(rng: random.Random, *, held_out: bool) -> Expression:
    """A random expression of one side; those with no exercise to them are among it."""
    while True:
        expression = draw_expression(rng, LONGEST)
        if is_held_out(prompt_of(expression)) == held_out:
            return expression


def is_held_out(prompt: str) -> bool:
    """The side of a prompt, from its text alone."""
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:4], "big") % 100 < HELD_OUT_PERCENT


def prompt_of(expression: Expression) -> str:
    """The description and the signature of a function."""
    argument = ARGUMENTS[expression.takes]
    return (
        f"# Take {argument}, {expression.words}.\n"
        f"def {FUNCTION}({argument}: {expression.takes}) -> {expression.gives}:"
    )


def _exercise(prompt: str, expression: Expression) -> Exercise | None:
    """The exercise, or None where a program that ignores or returns its argument would solve it."""
    arguments, neighbours = _neighbourhood(expression.takes)
    right = [expression.evaluate(argument) for argument in arguments]
    if all(result == right[0] for result in right) or right == list(arguments):
        return None
    rivals = [*neighbours, arguments, *([result] * _POOL for result in right)]
    cases = tuple(
        case_of(FUNCTION, [arguments[n]], right[n])
        for n in _telling(right, [row for row in rivals if row != right])
    )
    return Exercise(prompt, f"\n    return {expression.code}", Problem(prompt, cases))


@cache
def _neighbourhood(kind: str) -> tuple[tuple[Value, ...], tuple[list[Value], ...]]:
    """Arguments of a type, all different, and what other functions on that type give for them."""
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


def _telling(right: list[Value], rivals: list[Sequence[Value]]) -> list[int]:
    """Places, found greedily, at one of which at least every rival differs from what is right."""
    telling = [
        {number for number, row in enumerate(rivals) if row[place] != right[place]} for place in range(_POOL)
    ]
    left = set(range(len(rivals)))
    chosen: list[int] = []
    while left or len(chosen) < FEWEST_CASES:
        best = max(
            (place for place in range(_POOL) if place not in chosen), key=lambda n: len(telling[n] & left)
        )
        chosen.append(best)
        left -= telling[best]
    return chosen


def _argument(kind: str, rng: random.Random) -> Value:
    if kind == "int":
        return rng.randint(-40, 40)
    if kind == "str":
        return "".join(rng.choices("abcde", k=rng.randint(0, 8)))
    return [rng.randint(-6, 12) for _ in range(rng.randint(0, 8))]
