"""Columns of the page, for parameters of every kind."""

import yaml

from server.page.columns import parameter_columns, parameter_values
from server.search.space import spec_of

SPEC = spec_of(
    yaml.safe_dump(
        {
            "method": "random",
            "parameters": {
                "seed": {"value": 1},
                "beta": {"values": [0.1, 0.2]},
                "lr": {"distribution": "log_uniform_values", "min": 0.1, "max": 1.0},
                "variant": {
                    "values": [
                        {"reward": "length", "beta": 0.1, "steps": 9},
                        {"reward": "word", "beta": 0.3, "steps": 9, "more": True},
                    ]
                },
            },
        },
        sort_keys=False,
    )
)


def test_a_variant_parameter_has_a_column_per_key_that_differs():
    assert parameter_columns(SPEC) == [
        {"name": "beta", "log": False, "choices": (0.1, 0.2)},
        {"name": "lr", "log": True, "choices": None},
        {"name": "variant.reward", "log": False, "choices": ["length", "word"]},
        {"name": "variant.beta", "log": False, "choices": None},
        {"name": "variant.more", "log": False, "choices": [None, True]},
    ]


def test_a_run_has_a_value_in_every_column():
    point = {"seed": 1, "beta": 0.2, "variant": {"reward": "word", "beta": 0.3, "steps": 9}}
    assert parameter_values(parameter_columns(SPEC), point) == {
        "beta": 0.2,
        "lr": None,
        "variant.reward": "word",
        "variant.beta": 0.3,
        "variant.more": None,
    }
