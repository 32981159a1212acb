"""Properties that hold for every sweep, tested on random sweep files."""

import math
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.search.bayes import bayes_point
from server.search.parameters import BUILDERS
from server.search.random_search import random_point
from server.search.space import parse_sweep_config
from server.search.trial import Trial
from tests.server.requests import beat, new_agent, new_sweep
from tests.server_fixture import RunningServer

small = st.floats(-50, 50).map(lambda x: round(x, 3))
above_zero = st.floats(1e-6, 1e3).map(lambda x: float(f"{x:.3g}"))
step = st.sampled_from([1, 2, 0.1, 0.25, 5])
scalars = st.one_of(st.integers(-9, 9), st.booleans(), st.text("abc", max_size=2), small, st.none())


def bounds(numbers: st.SearchStrategy[Any], at_least: float = 0.0) -> st.SearchStrategy[tuple[Any, Any]]:
    pairs = st.tuples(numbers, numbers).map(lambda pair: (min(pair), max(pair)))
    return pairs.filter(lambda pair: pair[1] - pair[0] >= at_least)


def between(
    numbers: st.SearchStrategy[Any], at_least: float = 0.0, **more: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    others = st.fixed_dictionaries(more)
    ends = bounds(numbers, at_least)
    return st.builds(lambda pair, rest: {"min": pair[0], "max": pair[1], **rest}, ends, others)


def fields(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(strategies)


spread = st.floats(0.1, 3)
exponents = st.floats(-5, 5)
several = st.lists(scalars, min_size=1, max_size=5)
# Random fields for a parameter of each distribution of the W&B syntax
DISTRIBUTIONS = {
    "constant": fields(value=scalars),
    "categorical": fields(values=several),
    "categorical_w_probabilities": several.map(
        lambda values: {"values": values, "probabilities": [1 / len(values)] * len(values)}
    ),
    "int_uniform": between(st.integers(-20, 20)),
    "uniform": between(small),
    "log_uniform": between(exponents),
    "log_uniform_values": between(above_zero),
    "inv_log_uniform": between(exponents),
    "inv_log_uniform_values": between(above_zero),
    "normal": fields(mu=small, sigma=spread),
    "log_normal": fields(mu=st.floats(-3, 3), sigma=spread),
    "beta": fields(a=spread, b=st.floats(0.2, 4)),
    "q_uniform": between(small, 10, q=step),
    "q_log_uniform": between(st.floats(2.5, 7), 1, q=step),
    "q_log_uniform_values": between(st.floats(10, 900), 10, q=step),
    "q_normal": fields(mu=small, sigma=spread, q=step),
    "q_log_normal": fields(mu=st.floats(-3, 5), sigma=spread, q=step),
    "q_beta": fields(a=spread, b=st.floats(0.2, 4), q=step),
}


def named(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return DISTRIBUTIONS[name].map(lambda body: {"distribution": name, **body})


def test_the_strategies_cover_every_distribution() -> None:
    assert DISTRIBUTIONS.keys() == BUILDERS.keys()


def parameters() -> st.SearchStrategy[dict[str, Any]]:
    """Parameters of any distribution. The name is sometimes left out if the keys imply it."""
    unnamed = st.one_of(*(DISTRIBUTIONS[name] for name in ("constant", "categorical", "int_uniform")))
    return st.one_of(st.sampled_from(sorted(DISTRIBUTIONS)).flatmap(named), unnamed)


spaces = st.dictionaries(
    st.sampled_from(["lr", "batch", "flag", "kind", "deep"]),
    st.one_of(
        parameters(),
        st.dictionaries(st.sampled_from("xy"), parameters(), min_size=1).map(
            lambda inner: {"parameters": inner}
        ),
    ),
    min_size=1,
)


@settings(max_examples=60, deadline=None)
@given(spaces, st.integers(0, 2**32 - 1), st.lists(st.floats(-1, 1), min_size=11, max_size=30))
def test_every_suggestion_is_inside_the_space(space: dict[str, Any], seed: int, values: list[float]) -> None:
    metric = {"name": "score", "goal": "maximize"}
    spec = parse_sweep_config({"method": "bayes", "metric": metric, "parameters": space})
    rng = random.Random(seed)
    states = [rng.choice(["finished", "pruned", "failed", "running"]) for _ in values]
    trials = [
        Trial(random_point(spec, seed + i), state, value if state == "finished" else None, {1: value})  # type: ignore[arg-type]
        for i, (state, value) in enumerate(zip(states, values, strict=True))
    ]
    for point in (random_point(spec, seed), bayes_point(spec, trials, seed)):
        assert point.keys() == spec.parameters.keys()
        assert spec.point_of(spec.run_config(point)) == point
        for value in point.values():
            assert not isinstance(value, float) or math.isfinite(value)


grids = st.dictionaries(
    st.sampled_from("abc"),
    st.one_of(
        st.lists(st.one_of(st.integers(0, 4), st.booleans()), min_size=1, max_size=3).map(
            lambda values: {"values": values}
        ),
        bounds(st.integers(0, 3)).map(lambda pair: {"min": pair[0], "max": pair[1]}),
    ),
    min_size=1,
    max_size=2,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grids)
def test_many_agents_get_each_grid_point_exactly_once(
    shared_server: RunningServer, space: dict[str, Any]
) -> None:
    spec = parse_sweep_config({"method": "grid", "parameters": space})
    names = list(spec.parameters)
    wanted = sorted(repr(point) for point in product(*(spec.parameters[n].grid() or () for n in names)))
    sweep = new_sweep(shared_server, {"method": "grid", "parameters": space})
    agents = [new_agent(shared_server, sweep) for _ in range(len(wanted) + 2)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda agent: beat(shared_server, agent)[0], agents))
    given_out = [
        repr(tuple(answer["args"][name]["value"] for name in names))
        for answer in answers
        if answer["type"] == "run"
    ]
    assert sorted(given_out) == wanted
    assert sum(answer["type"] == "exit" for answer in answers) == 2
