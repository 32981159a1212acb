"""How a body is written: right or with a slip, with or without a docstring, briefly or at length."""

import random

from agent.tasks.code.expressions import ARGUMENTS, STEPS, Expression, Link, written

SLIPS = 0.55
"""Share of bodies in which one step is another one: what a beginner gets wrong, and tests tell."""
DOCUMENTED = 0.3
STEPWISE, REPEATED = 0.15, 0.15
"""Shares of bodies that are longer than they need be: a line a step, or all of it a hundred times over."""


def draw_body(expression: Expression, rng: random.Random) -> str:
    """A body as the starter is taught to write it; some are wrong, some bare, some wasteful.

    Each is drawn by itself, so that there is something to gain in what a program does, how fast it is, how
    it reads and what it says of itself.
    """
    docstring = f'\n    """Take {ARGUMENTS[expression.takes]}, {expression.words}."""'
    said = docstring if rng.random() < DOCUMENTED else ""
    meant = slipped(expression, rng) if rng.random() < SLIPS else expression
    way = rng.random()
    if way < STEPWISE:
        return said + stepwise(meant)
    return said + (repeated(meant) if way < STEPWISE + REPEATED else brief(meant))


def brief(expression: Expression) -> str:
    """One line."""
    return f"\n    return {expression.code}"


def stepwise(expression: Expression) -> str:
    """A line a step."""
    names = [ARGUMENTS[expression.takes], *["result"] * len(expression.chain)]
    lines = [
        f"\n    result = {written(link, name)}" for link, name in zip(expression.chain, names, strict=False)
    ]
    return "".join(lines) + "\n    return result"


def repeated(expression: Expression) -> str:
    """The same computed a hundred times over."""
    return f"\n    for _ in range(100):\n        result = {expression.code}\n    return result"


def slipped(expression: Expression, rng: random.Random) -> Expression:
    """The expression with another step, or another constant, in one place; its types stay."""
    place = rng.randrange(len(expression.chain))
    chain = list(expression.chain)
    chain[place] = rng.choice(_rivals(chain[place]))
    return Expression(expression.takes, tuple(chain))


def _rivals(link: Link) -> list[Link]:
    """Steps of the same types: this one with other constants, others with this one where they take it."""
    step, constant = link
    rivals: list[Link] = [(step, other) for other in step.constants if other != constant]
    for other_step in STEPS:
        if other_step is not step and (other_step.takes, other_step.gives) == (step.takes, step.gives):
            same = constant in other_step.constants
            rivals.append((other_step, constant if same else other_step.constants[0]))
    return rivals
