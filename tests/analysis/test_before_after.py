"""Configurations against the first of their sweep: pooled over seeds and compared with the noise."""

from pathlib import Path

import numpy as np
import pytest

from analysis.compare.window import AVERAGE, Measure, Window
from analysis.errors import AnalysisError
from analysis.publish.before_after import before_after_sections, pooled
from analysis.read.table import SweepTable
from tests.analysis.recorded import Recorder, rows, sweep
from tests.analysis.test_results_page import written

REWARD = "reward_components/total_reward/mean"


def window(value: float, error: float | None = 0.01) -> Window:
    return Window("a", {AVERAGE: Measure(value, error, "higher")}, {"beta": 0.1}, samples_per_prompt=4)


def test_pooling_uses_the_larger_of_the_two_errors() -> None:
    alike = pooled([window(0.5), window(0.5), window(0.5)]).measures[AVERAGE]
    assert alike.value == 0.5
    assert alike.error == pytest.approx(0.01 / np.sqrt(3))
    apart = pooled([window(0.4), window(0.5), window(0.6)]).measures[AVERAGE]
    # t with 4 degrees of freedom is 2.776
    assert apart.error == pytest.approx(2.776 / 1.96 * 0.1 / np.sqrt(3), rel=1e-3)
    assert pooled([window(0.5)]).measures[AVERAGE] == Measure(0.5, 0.01, "higher")
    assert pooled([window(0.5, None)]).measures[AVERAGE].error is None


@pytest.fixture
def fixes() -> SweepTable:
    """Three configurations of three seeds: a baseline, a better one, and an equal one with two early ends."""
    recorder = Recorder(sweep("variant.beta", "seed", stops_early=False))
    rng = np.random.default_rng(3)
    for label, beta, level, steps in (
        ("baseline", 0.1, 0.3, 60),
        ("better", 0.05, 0.5, 60),
        ("same", 0.1, 0.3, 60),
    ):
        for seed in (1, 2, 3):
            last = 20 if label == "same" and seed > 1 else steps
            rewards = [0.1] * 30 + [level + 0.02 * float(rng.normal()) for _ in range(30)]
            keys = {REWARD: rewards[:last], "reward/best_of_n": [r + 0.2 for r in rewards[:last]]}
            recorder.run(
                f"{label}{seed}",
                rows({last: rewards[last - 1]}, last, keys),
                config={
                    "variant": {"beta": beta}, "beta": beta, "seed": seed, "max_steps": 60,
                    "num_generations": 4, "run_name": f"{label}/seed_{{seed}}", "health_kl_max": 1.5,
                },
                summary={"outcome": "finished", "starter/score": 0.1},
            )  # fmt: skip
    return recorder.table()


def test_a_change_is_reported_as_better_or_within_noise(fixes: SweepTable) -> None:
    text = "\n".join(before_after_sections(fixes, "baseline"))
    better = next(line for line in text.splitlines() if line.startswith("| better |"))
    same = next(line for line in text.splitlines() if line.startswith("| same |"))
    assert "0.300 → 0.50" in better.replace("0.299", "0.300").replace("0.301", "0.300")
    assert better.split("|")[2].endswith("better ")
    assert same.split("|")[2].endswith("within noise ")
    assert "### baseline → better" in text
    assert "`beta` 0.1 → 0.05" in text
    assert "seed_" not in text
    assert "variant" not in text
    assert "Left out because they ended in the first half of training: same (2 of 3)." in text


def test_an_unknown_configuration_is_an_error_that_lists_the_known_ones(fixes: SweepTable) -> None:
    with pytest.raises(AnalysisError, match=r"no run named 'baselin'.*baseline, better, same"):
        before_after_sections(fixes, "baselin")


def test_the_page_has_the_comparison_only_on_request(fixes: SweepTable, tmp_path: Path) -> None:
    assert "## Before and after" in written(fixes, tmp_path / "a.md", before="baseline")
    assert "## Before and after" not in written(fixes, tmp_path / "b.md")
