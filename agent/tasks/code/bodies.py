"""Bodies of functions: correct or with a slip, with or without a docstring, short or long."""

import random

from agent.tasks.code.expressions import ARGUMENTS, STEPS, Expression, Link, written

SLIPS = 0.55
"""Probability that a body has one wrong step, a mistake of beginners that tests detect."""
DOCUMENTED = 0.3
"""Probability that a body has a docstring."""
STEPWISE, REPEATED = 0.15, 0.15
"""Probabilities of bodies that are longer than necessary: one line per step, or computed a hundred times."""


def draw_body(expression: Expression, rng: random.Random) -> str:
    """A random body of the starter's training data, which may be wrong, without docstring or wasteful.

    These faults are drawn independently, so that a run can improve correctness, efficiency, quality and
    documentation.
    """
    docstring = f'\n    """Take {ARGUMENTS[expression.takes]}, {expression.words}."""'
    start = docstring if rng.random() < DOCUMENTED else ""
    computed = slipped(expression, rng) if rng.random() < SLIPS else expression
    style = rng.random()
    if style < STEPWISE:
        return start + stepwise(computed)
    return start + (repeated(computed) if style < STEPWISE + REPEATED else brief(computed))


def brief(expression: Expression) -> str:
    """The body as one line."""
    return f"\n    return {expression.code}"


def stepwise(expression: Expression) -> str:
    """The body with one line per step."""
    names = [ARGUMENTS[expression.takes], *["result"] * len(expression.chain)]
    lines = [
        f"\n    result = {written(link, name)}" for link, name in zip(expression.chain, names, strict=False)
    ]
    return "".join(lines) + "\n    return result"


def repeated(expression: Expression) -> str:
    """The body that computes its result a hundred times."""
    return f"\n    for _ in range(100):\n        result = {expression.code}\n    return result"


def slipped(expression: Expression, rng: random.Random) -> Expression:
    """`expression` with one step or constant replaced by a random other one; types do not change."""
    index = rng.randrange(len(expression.chain))
    chain = list(expression.chain)
    chain[index] = rng.choice(_alternatives(chain[index]))
    return Expression(expression.takes, tuple(chain))


def _alternatives(link: Link) -> list[Link]:
    """Links of the same types: this step with other constants, and all other steps."""
    step, constant = link
    links: list[Link] = [(step, other) for other in step.constants if other != constant]
    for other_step in STEPS:
        if other_step is not step and (other_step.takes, other_step.gives) == (step.takes, step.gives):
            same = constant in other_step.constants
            links.append((other_step, constant if same else other_step.constants[0]))
    return links
