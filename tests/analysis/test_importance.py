import numpy as np
import pytest

from analysis.choose.importance import importance, interaction
from analysis.classify.assess import assess
from tests.analysis.recorded import Recorder, rows, sweep


def swept(runs, effect, seed=0, **extra):
    """A sweep over four parameters whose final scores are `effect(parameters)`."""
    rng = np.random.default_rng(seed)
    recorder = Recorder(sweep("lr", "beta", "batch", "flag", log_scaled=("lr", "beta")))
    for i in range(runs):
        config = {
            "lr": float(10 ** rng.uniform(-6, -4)),
            "beta": float(10 ** rng.uniform(-4, -2)),
            "batch": int(rng.choice([8, 16, 32])),
            "flag": bool(rng.integers(2)),
            **extra,
        }
        recorder.run(f"r{i:03d}", rows({60: effect(config) + rng.normal(0, 0.01)}, 60), config=config)
    table = recorder.table()
    return table, assess(table)


def by_rate(config):
    return 0.5 + 0.1 * np.log10(config["lr"] / 1e-5)


def test_the_decisive_parameter_is_ranked_first():
    found = importance(*swept(60, by_rate))
    assert found.table["parameter"].iloc[0] == "lr"
    assert found.table["importance"].sum() == pytest.approx(1)
    assert found.warnings == ()
    assert (found.table["low"] <= found.table["high"]).all()


def test_the_decisive_parameter_always_stands_out_and_others_rarely():
    tables = [importance(*swept(40, by_rate, seed)).table for seed in range(6)]
    claimed = [set(table.loc[table["stands_out"], "parameter"]) for table in tables]
    assert all("lr" in names for names in claimed)
    assert sum(names != {"lr"} for names in claimed) <= 2


def test_a_decisive_boolean_parameter_is_found():
    found = importance(*swept(60, lambda c: 0.6 if c["flag"] else 0.4))
    assert found.table["parameter"].iloc[0] == "flag"
    assert bool(found.table["stands_out"].iloc[0])


def test_noise_alone_rarely_stands_out():
    claims = [importance(*swept(30, lambda c: 0.5, seed)).table["stands_out"].any() for seed in range(6)]
    assert sum(claims) <= 1


def test_too_few_runs_give_a_warning():
    found = importance(*swept(10, by_rate))
    assert found.warnings[0] == "10 runs are too few for a stable importance; at least 20 are needed"


def test_constant_and_conditional_parameters_are_reported():
    recorder = Recorder(sweep("lr", "still", "sometimes"))
    for i in range(24):
        config = {"lr": i, "still": 3, **({"sometimes": i % 5} if i % 2 else {})}
        recorder.run(f"r{i}", rows({60: 0.3 + i / 100}, 60), config=config)
    table = recorder.table()
    found = importance(table, assess(table))
    assert found.unmoved == ("still",)
    assert found.conditional == ("sometimes",)
    assert set(found.table["parameter"]) == {"lr", "sometimes"}
    assert "the importance of still is unknown: all of these runs have one value" in found.warnings
    assert "some runs do not have sometimes: absence counts as another value" in found.warnings


def test_importances_are_deterministic():
    made = swept(24, by_rate)
    assert importance(*made).table.equals(importance(*made).table)


def test_the_interaction_table_shows_a_threshold_in_beta():
    table, assessed = swept(80, lambda c: 0.8 if c["beta"] < 1e-3 and c["flag"] else 0.4)
    found = interaction(table, assessed, "beta", "flag")
    assert found.y_labels == ("False", "True")
    assert len(found.x_labels) == 4
    edges = [float(edge) for label in found.x_labels for edge in label.split(" to ")]
    values = table.parameters()["beta"].astype(float)
    assert (edges[0], edges[-1]) == pytest.approx((values.min(), values.max()), rel=0.05)
    assert edges[1:-1:2] == edges[2::2]
    assert found.count.sum() == 80
    np.testing.assert_allclose(found.mean[0], 0.4, atol=0.02)
    np.testing.assert_allclose(found.mean[1], [0.8, 0.8, 0.4, 0.4], atol=0.12)
