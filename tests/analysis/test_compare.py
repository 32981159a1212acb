import math

import numpy as np
import pytest

from analysis.compare.advice import advise
from analysis.compare.comparison import compare
from analysis.compare.output import to_markdown
from analysis.compare.window import (
    AVERAGE,
    BEST,
    GAP,
    LOSS,
    SIMILARITY,
    VARIANCE,
    Measure,
    Window,
    serial_error,
    window_from_history,
)
from analysis.errors import AnalysisError
from analysis.read.table import history_frame


def epoch(name, average, best, loss, variance, similarity, settings):
    """An epoch of 600 samples of which only the published averages are known."""
    unknown = {
        BEST: (best, "higher"),
        GAP: (best - average, "lower"),
        LOSS: (loss, "neither"),
        VARIANCE: (variance, "neither"),
        SIMILARITY: (similarity, "lower"),
    }
    measures = {AVERAGE: Measure(average, math.sqrt(variance / 600), "higher")}
    measures |= {measure: Measure(value, None, better) for measure, (value, better) in unknown.items()}
    return Window(name, measures, settings, samples_per_prompt=6)


AFTER = {
    "learning_rate": 5e-6,
    "kl_penalty": 0.1,
    "warmup_steps": 200,
    "max_grad_norm": 0.5,
    "temperature": 1.1,
}
EPOCH_6 = epoch("epoch 6", 0.2537, 0.5229, 0.1735, 0.0765, 0.080, dict.fromkeys(AFTER, "not recorded"))
EPOCH_7 = epoch("epoch 7", 0.2401, 0.5276, 0.1605, 0.0704, 0.078, AFTER)


def test_the_published_table_is_reproduced_and_its_decline_is_within_noise():
    comparison = compare(EPOCH_6, EPOCH_7)
    reward = comparison.change(AVERAGE)
    assert reward.difference == pytest.approx(-0.0136)
    assert reward.percent == pytest.approx(-5.4, abs=0.05)
    assert reward.error == pytest.approx(math.sqrt((0.0765 + 0.0704) / 600))
    assert reward.error == pytest.approx(0.0156, abs=1e-4)
    assert reward.reading == "within noise"
    assert comparison.change(BEST).percent == pytest.approx(0.9, abs=0.05)
    assert comparison.change(LOSS).percent == pytest.approx(-7.5, abs=0.05)
    assert comparison.change(GAP).after == pytest.approx(0.2875)
    assert comparison.change(BEST).reading == "noise unknown"
    row = "| average reward | 0.2537 | 0.2401 | -0.0136 (-5.4 %) | 0.0156 | within noise |"
    assert row in to_markdown(comparison).splitlines()


def test_the_published_advice_is_refused_with_reasons():
    comparison = compare(EPOCH_6, EPOCH_7)
    fell = advise(comparison)[0]
    assert fell.refused == "the change of the average reward is within noise"
    assert any("5 settings changed at once" in text for text in fell.objections)
    assert any("within noise" in text for text in fell.objections)
    loss = next(advice for advice in advise(comparison) if "loss" in advice.title)
    assert "nothing" in loss.change


def sampled(name, mean, settings=None, prompts=200, per_prompt=6, seed=0, spread=0.1):
    """A window of random rewards. Its standard errors come from the spread over prompts."""
    rng = np.random.default_rng(seed)
    scores = mean + rng.normal(0, spread, (prompts, 1)) + rng.normal(0, 0.05, (prompts, per_prompt))
    average, best = scores.mean(axis=1), scores.max(axis=1)
    by_prompt = {AVERAGE: (average, "higher"), BEST: (best, "higher"), GAP: (best - average, "lower")}
    measures = {
        measure: Measure(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(prompts), better)
        for measure, (values, better) in by_prompt.items()
    }
    return Window(name, measures, settings or {}, samples_per_prompt=per_prompt)


def test_a_real_fall_after_one_change_gets_advice():
    before = sampled("before", 0.5, {"beta": 0.01}, seed=1)
    after = sampled("after", 0.4, {"beta": 0.1}, seed=2)
    comparison = compare(before, after)
    assert comparison.change(AVERAGE).reading == "worse"
    assert comparison.moved == {"beta": (0.01, 0.1)}
    advice = advise(comparison)[0]
    assert (advice.title, advice.refused) == ("Lower beta again", None)
    assert advice.change == "put beta back to 0.01"


def test_a_real_fall_after_two_changes_is_refused():
    before = sampled("before", 0.5, {"beta": 0.01, "lr": 1e-5}, seed=1)
    after = sampled("after", 0.4, {"beta": 0.1, "lr": 1e-6}, seed=2)
    assert "2 settings changed at once (beta, lr)" in advise(compare(before, after))[0].refused


def test_best_of_n_of_different_n_is_not_compared():
    few = sampled("few", 0.5, per_prompt=2)
    many = sampled("many", 0.5, per_prompt=6)
    comparison = compare(few, many)
    assert comparison.change(BEST).reading == "not comparable"
    gap = next(advice for advice in advise(comparison) if "frequent" in advice.title)
    assert "different number of samples" in gap.refused


def test_windows_of_one_history():
    key = "reward_components/total_reward/mean"
    rng = np.random.default_rng(0)
    logged = [{"_step": i, key: (0.2 if i <= 50 else 0.4) + rng.normal(0, 0.02)} for i in range(1, 101)]
    history = history_frame(logged)
    before, after = (window_from_history("w", history, {}, *steps) for steps in ((1, 50), (51, 100)))
    change = compare(before, after).change(AVERAGE)
    assert change.reading == "better"
    assert change.difference == pytest.approx(0.2, abs=0.02)
    with pytest.raises(AnalysisError, match="no step between 200 and 300"):
        window_from_history("w", history, {}, 200, 300)


def test_best_of_n_of_a_history_is_compared_only_for_equal_n():
    history = history_frame([{"_step": i, "reward/best_of_n": 0.5 + i / 100} for i in range(1, 21)])

    def windows(*sizes):
        ends = ((1, 10), (11, 20))
        return [
            window_from_history("w", history, {"num_generations": size}, *steps)
            for size, steps in zip(sizes, ends, strict=True)
        ]

    assert compare(*windows(8, 8)).change(BEST).difference == pytest.approx(0.1)
    assert compare(*windows(8, 8)).change(BEST).comparable
    assert compare(*windows(8, 16)).change(BEST).reading == "not comparable"


def test_autocorrelated_steps_increase_the_standard_error():
    rng = np.random.default_rng(0)
    independent = rng.normal(size=400)
    walk = np.convolve(rng.normal(size=440), np.ones(40), mode="valid")[:400]
    assert serial_error(independent) == pytest.approx(1 / 20, rel=0.15)
    assert serial_error(walk) > 3 * walk.std(ddof=1) / 20
    assert serial_error(np.array([1.0, 2.0])) is None


def test_reward_hacking_is_recognised():
    def window(name, reward, held_out):
        measures = {
            AVERAGE: Measure(reward, 0.01, "higher"),
            "held-out score": Measure(held_out, 0.01, "higher"),
        }
        return Window(name, measures)

    advice = advise(compare(window("a", 0.4, 0.5), window("b", 0.6, 0.3)))[0]
    assert advice.title == "Hold the policy closer to the starting model"
    assert advise(compare(window("a", 0.4, 0.5), window("b", 0.6, 0.49))) == []
