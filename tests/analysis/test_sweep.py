import pytest

from analysis.errors import AnalysisError
from analysis.read.sweep import Sweep

CONFIG = {
    "method": "bayes",
    "metric": {"name": "objective/score", "goal": "maximize"},
    "early_terminate": {"type": "hyperband", "min_iter": 2},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-4},
        "batch": {"values": [8, 16]},
        "fixed": {"value": 3},
        "single": {"values": [7]},
        "optimizer": {"parameters": {"beta": {"min": 0, "max": 1}, "eps": {"value": 1}}},
    },
}


def test_only_parameters_with_more_than_one_value_are_swept():
    sweep = Sweep.from_config("e/p/s", "name", "RUNNING", CONFIG)
    assert sweep.swept == ("lr", "batch", "optimizer.beta")
    assert sweep.log_scaled == ("lr",)
    assert sweep.maximize
    assert sweep.stops_early
    assert sweep.id == "s"


def test_each_varying_parameter_of_a_variant_list_is_swept():
    together = [{"beta": 0.1, "batch": 8, "seed": 1}, {"beta": 0.2, "batch": [8], "seed": 1}]
    config = {**CONFIG, "parameters": {"variant": {"values": together}, "lr": {"values": [1, 2]}}}
    assert Sweep.from_config("e/p/s", "name", "RUNNING", config).swept == (
        "variant.beta",
        "variant.batch",
        "lr",
    )


def test_a_metric_without_a_goal_is_minimized_as_on_wandb():
    config = {**CONFIG, "metric": {"name": "loss"}}
    assert not Sweep.from_config("e/p/s", "name", "RUNNING", config).maximize


def test_json_round_trip():
    sweep = Sweep.from_config("e/p/s", "name", "RUNNING", CONFIG)
    assert Sweep.from_json(sweep.to_json()) == sweep


def test_a_sweep_without_a_metric_cannot_be_ranked():
    with pytest.raises(AnalysisError, match="names no metric"):
        Sweep.from_config("e/p/s", "name", "RUNNING", {"method": "grid", "parameters": {}})
