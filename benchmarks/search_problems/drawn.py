"""Functions drawn at random: the search is developed on many, so that no single one decides."""

import math
import random
from collections.abc import Callable
from typing import Any

from benchmarks.search_problems.development import Function, Point, dip, log_range, uniform

Loss = Callable[[Point], float]
"""Loss of a point through one parameter: 0 at the best value, up to about 1."""


def drawn_function(seed: int) -> Function:
    """A function of 3 to 25 parameters of all kinds, of which 2 to 8 have an effect, alone or in pairs."""
    rng = random.Random(seed)
    kinds = (_rate, _share, _count, _list, _kind, _flag)
    parameters: dict[str, Any] = {}
    losses: list[Loss] = []
    likely = [rng.random() for _ in kinds]
    for number in range(rng.choice((3, 4, 6, 6, 9, 12, 18, 25))):
        make = rng.choices(kinds, likely)[0]
        name = f"{make.__name__.strip('_')}_{number}"
        parameters[name], loss = make(name, rng)
        losses.append(loss)
    effective = rng.sample(losses, min(len(losses), rng.randint(2, 8)))
    terms = [(rng.uniform(0.2, 1), loss) for loss in effective]
    for first, second in zip(effective[::2], effective[1::2], strict=False):
        if rng.random() < 0.3:
            terms.append((rng.uniform(0.2, 1), _both(first, second)))
    total = sum(weight for weight, _ in terms)
    edge = rng.uniform(0.3, 0.7) if rng.random() < 0.25 else math.inf

    def value(point: Point) -> float:
        # Beyond the edge of the first parameter, if it has one, the value is 0.
        if effective[0](point) > edge:
            return 0.0
        return 1 - sum(weight * loss(point) for weight, loss in terms) / total

    return Function(f"drawn_{seed}", parameters, value, rng.choice((0.0, 0.02, 0.05, 0.1)))


def _both(first: Loss, second: Loss) -> Loss:
    return lambda point: abs(first(point) - second(point))


def _rate(name: str, rng: random.Random) -> tuple[dict[str, Any], Loss]:
    low, decades = rng.uniform(-8, -2), rng.uniform(1.5, 5)
    best, width = low + decades * rng.random(), decades * rng.uniform(0.1, 0.5)
    return log_range(10**low, 10 ** (low + decades)), lambda p: dip(math.log10(p[name]), best, width)


def _share(name: str, rng: random.Random) -> tuple[dict[str, Any], Loss]:
    best, width = rng.random(), rng.uniform(0.1, 0.5)
    return uniform(), lambda p: dip(p[name], best, width)


def _count(name: str, rng: random.Random) -> tuple[dict[str, Any], Loss]:
    high = rng.choice((4, 8, 16, 64))
    best, width = rng.randint(1, high), high * rng.uniform(0.15, 0.5)
    return {"min": 1, "max": high}, lambda p: dip(p[name], best, width)


def _list(name: str, rng: random.Random) -> tuple[dict[str, Any], Loss]:
    values = [0.5 * 2**i for i in range(rng.randint(3, 7))]
    best, width = rng.choice(values), rng.uniform(0.5, 2)
    return {"values": values}, lambda p: dip(math.log2(p[name]), math.log2(best), width)


def _kind(name: str, rng: random.Random) -> tuple[dict[str, Any], Loss]:
    names = "abcdef"[: rng.randint(3, 6)]
    losses = [rng.random() for _ in names]
    losses[rng.randrange(len(losses))] = 0.0
    by_name = dict(zip(names, losses, strict=True))
    return {"values": list(names)}, lambda p: by_name[p[name]]


def _flag(name: str, rng: random.Random) -> tuple[dict[str, Any], Loss]:
    wanted, loss = rng.random() < 0.5, rng.uniform(0.3, 1)
    return {"values": [True, False]}, lambda p: loss * (p[name] is not wanted)
