"""The sweep syntax: samples stay inside their distribution, and every mistake gets a one-line error."""

import math
import random
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from server.search.space import SweepConfigError, SweepSpec, parse_sweep_config


def spec_with(parameters: dict[str, Any], **more: Any) -> SweepSpec:
    return parse_sweep_config({"method": "random", "parameters": parameters, **more})


numbers = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-9, 1e9, allow_nan=False)


def bounds(numbers: st.SearchStrategy[float], kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(numbers, numbers).map(
        lambda two: {"distribution": kind, "min": min(two), "max": max(two)}
    )


parameters = st.one_of(
    st.builds(lambda v: {"value": v}, st.one_of(st.none(), st.booleans(), numbers, st.text())),
    st.builds(
        lambda v: {"values": v},
        st.lists(st.one_of(st.booleans(), st.integers(), st.text()), min_size=1, max_size=5),
    ),
    bounds(st.integers(-1000, 1000), "int_uniform"),  # type: ignore[arg-type]
    bounds(numbers, "uniform"),
    bounds(positive, "log_uniform_values"),
    bounds(positive, "inv_log_uniform_values"),
    bounds(st.floats(-20, 20), "log_uniform"),
    bounds(st.floats(-20, 20), "inv_log_uniform"),
    st.builds(
        lambda kind, mu, sigma: {"distribution": kind, "mu": mu, "sigma": sigma},
        st.sampled_from(["normal", "log_normal"]),
        st.floats(-5, 5),
        st.floats(0, 3),
    ),
    st.builds(
        lambda kind, low, steps, q: {"distribution": kind, "min": low * q, "max": (low + steps) * q, "q": q},
        st.sampled_from(["q_uniform", "q_log_uniform_values"]),
        st.integers(1, 50),
        st.integers(0, 50),
        st.sampled_from([1, 3, 8, 0.1, 0.25, 1e-4]),
    ),
    st.builds(
        lambda kind, q: {"distribution": kind, "mu": 0, "sigma": 1, "q": q},
        st.sampled_from(["q_normal", "q_log_normal"]),
        st.sampled_from([1, 0.5, 0.1]),
    ),
    st.builds(lambda a, b: {"distribution": "beta", "a": a, "b": b}, st.floats(0.1, 5), st.floats(0.1, 5)),
)


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3),
        st.one_of(parameters, st.builds(lambda inner: {"parameters": {"x": inner}}, parameters)),
        min_size=1,
        max_size=5,
    ),
    st.integers(0, 10),
)
def test_samples_are_valid_and_round_trip_through_run_config_and_axis(
    drawn: dict[str, Any], seed: int
) -> None:
    spec = spec_with(drawn)
    rng = random.Random(seed)
    point = {name: d.sample(rng) for name, d in spec.parameters.items()}
    assert spec.point_of(spec.run_config(point)) == point
    for name, distribution in spec.parameters.items():
        position = distribution.encode(point[name])
        axis = distribution.axis
        assert axis.low <= position <= axis.high
        assert distribution.contains(distribution.decode(position))
        again = distribution.decode(axis.sample(rng))
        assert distribution.contains(again)
        assert type(again) in (bool, int, float, str, type(None))


def test_distributions_are_inferred_by_the_published_rules() -> None:
    spec = spec_with(
        {
            "a": {"value": 3},
            "b": {"values": [1, 2]},
            "c": {"values": ["x", "y"], "probabilities": [0.25, 0.75]},
            "d": {"min": 1, "max": 4},
            "e": {"min": 1, "max": 4.0},
            "f": {"parameters": {"g": {"value": 1}, "h": {"parameters": {"i": {"min": 0.0, "max": 1.0}}}}},
        }
    )
    assert {name: d.name for name, d in spec.parameters.items()} == {
        "a": "constant",
        "b": "categorical",
        "c": "categorical_w_probabilities",
        "d": "int_uniform",
        "e": "uniform",
        "f.g": "constant",
        "f.h.i": "uniform",
    }
    assert spec.parameters["a"].is_constant
    assert spec.parameters["d"].values_or_bounds == (1, 4)
    config = spec.run_config({"f.g": 1, "f.h.i": 0.5})
    assert config == {"f": {"g": 1, "h": {"i": 0.5}}}


def test_quantized_values_are_exact_multiples_inside_the_bounds() -> None:
    spec = spec_with({"a": {"distribution": "q_uniform", "min": 1, "max": 100, "q": 25}})
    assert spec.parameters["a"].grid() == (25, 50, 75, 100)
    spec = spec_with({"a": {"distribution": "q_uniform", "min": 0.1, "max": 0.5, "q": 0.1}})
    assert spec.parameters["a"].grid() == (0.1, 0.2, 0.3, 0.4, 0.5)


def test_log_uniform_bounds_are_exponents() -> None:
    spec = spec_with({"a": {"distribution": "log_uniform", "min": -9.21, "max": 0}})
    low, high = spec.parameters["a"].values_or_bounds
    assert math.isclose(low, math.exp(-9.21))
    assert high == 1
    spec = spec_with({"a": {"distribution": "inv_log_uniform", "min": 0, "max": 2}})
    low, high = spec.parameters["a"].values_or_bounds
    assert math.isclose(low, math.exp(-2))
    assert high == 1


def test_samples_follow_the_given_probabilities() -> None:
    spec = spec_with({"a": {"values": ["x", "y"], "probabilities": [0.1, 0.9]}})
    rng = random.Random(0)
    share = sum(spec.parameters["a"].sample(rng) == "y" for _ in range(2000)) / 2000
    assert 0.87 < share < 0.93


def test_true_and_one_are_different_values() -> None:
    spec = spec_with({"a": {"values": [True, False]}, "b": {"values": [0, 1]}})
    assert spec.parameters["a"].contains(True)
    assert not spec.parameters["a"].contains(1)
    assert not spec.parameters["b"].contains(True)


BAD = [
    ("method: random\nparameters: {}", "parameters is empty"),
    ("method: random", "parameters is empty"),
    ("parameters: {a: {value: 1}}", "method is missing"),
    ("method: baies\nparameters: {a: {value: 1}}", "method must be one of"),
    ("method: random\nparameters: {a: {min: 2, max: 1}}", "parameter a: min 2 is above max 1"),
    ("method: random\nparameters: {a: {min: 1}}", "parameter a needs value, values, min and max"),
    ("method: random\nparameters: {a: 5}", "parameter a must be a mapping such as {value: 5}"),
    ("method: random\nparameters: {a: {distribution: log_unifrom, min: 1, max: 2}}", "did you mean"),
    ("method: random\nparameters: {a: {distribution: [normal]}}", "unknown distribution ['normal']"),
    ("method: random\nparameters: {a: {values: []}}", "values must be a list with at least one"),
    ("method: random\nparameters: {a: {values: [1, 2], probabilities: [0.5, 0.2]}}", "add up to 0.7"),
    ("method: random\nparameters: {a: {min: 1e-5, max: 1.0}}", "such as 1.0e-5"),
    ("method: random\nparameters: {a: {min: 1, max: .inf}}", "finite number"),
    ("method: random\nparameters: {a: {min: 1, max: 2, mox: 3}}", "unknown key 'mox'; did you mean 'max'"),
    (
        "method: random\nparameters: {a: {distribution: log_uniform_values, min: 0, max: 1}}",
        "needs min above 0",
    ),
    (
        "method: random\nparameters: {a: {distribution: log_uniform, min: 1, max: 100000}}",
        "did you mean log_uniform_values",
    ),
    ("method: random\nparameters: {a: {distribution: int_uniform, min: 0.5, max: 2}}", "whole bounds"),
    (
        "method: random\nparameters: {a: {distribution: q_uniform, min: 11, max: 12, q: 10}}",
        "no multiple of q",
    ),
    ("method: random\nparameters: {a: {distribution: q_uniform, min: 1, max: 9, q: 0}}", "q must be above 0"),
    ("method: grid\nparameters: {a: {min: 0.0, max: 1.0}}", "uniform cannot be enumerated by method grid"),
    (
        "method: grid\nparameters: {a: {values: [1, 2], probabilities: [0.5, 0.5]}}",
        "no meaning with method grid",
    ),
    ("method: bayes\nparameters: {a: {value: 1}}", "bayes needs a metric"),
    ("method: random\nmetric: {goal: maximize}\nparameters: {a: {value: 1}}", "metric.name is missing"),
    (
        "method: random\nmetric: {name: x, goal: max}\nparameters: {a: {value: 1}}",
        "metric.goal must be one of",
    ),
    ("method: random\nrun_cap: 0\nparameters: {a: {value: 1}}", "run_cap must be a whole number"),
    ("method: random\ncommand: python\nparameters: {a: {value: 1}}", "command must be a list"),
    (
        "method: random\nearly_terminate: {type: hyperband, min_iter: 3}\nparameters: {a: {value: 1}}",
        "early_terminate needs a metric",
    ),
    *(
        (
            f"{{method: random, metric: {{name: x}}, parameters: {{a: {{value: 1}}}},"
            f" early_terminate: {{{keys}}}}}",
            message,
        )
        for keys, message in [
            ("type: hyperband", "needs min_iter, or max_iter together with s"),
            ("type: hyperband, max_iter: 9", "max_iter needs s"),
            ("type: hyperband, min_iter: 1, eta: 1", "eta must be a number above 1"),
            ("type: hyperband, max_iter: 2, s: 2, eta: 3", "can never fire"),
            ("type: envelope, min_iter: 1", "early_terminate.type must be one of hyperband"),
            ("type: hyperband, min_itr: 1", "did you mean 'min_iter'"),
        ]
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_each_mistake_gets_a_one_line_error(text: str, message: str) -> None:
    with pytest.raises(SweepConfigError) as caught:
        parse_sweep_config(yaml.safe_load(text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_top_level_key_gives_a_warning() -> None:
    spec = spec_with({"a": {"value": 1}}, parametres={})
    assert spec.warnings == ("unknown key 'parametres' has no effect",)
