"""Health checks: exact results on known inputs."""

import math

import numpy as np
import pytest

from agent.health.collapse import entropy_collapse, lost_unique
from agent.health.curve import Curve, trailing_mean, window_of
from agent.health.diversity import kmers, mean_overlap, mean_overlap_within, measure, unique_fraction
from agent.health.drift import exploding_gradient, kl_bound, kl_spike, not_finite, nothing_scored
from agent.health.finding import Finding
from agent.health.length import length_shift, truncated
from agent.health.reward import error_of_mean, group_statistics, no_signal, reward_saturated, score_fall

NAN = float("nan")


def curve(*values: float) -> Curve:
    """A curve with these values at steps 1, 2, ..."""
    return Curve.of(enumerate(values, start=1))


def seen(finding: Finding | None) -> tuple[str, int] | None:
    return None if finding is None else (finding.kind, finding.step)


def test_a_curve_leaves_out_nan_and_infinite_values() -> None:
    kept = curve(1.0, NAN, 3.0, math.inf)
    assert (kept.steps.tolist(), kept.values.tolist()) == ([1, 3], [1.0, 3.0])
    assert math.isnan(curve().start())


def test_trailing_means_stand_at_the_last_step_of_their_window() -> None:
    smooth = trailing_mean(curve(1.0, 2.0, 6.0, 7.0), 3)
    assert (smooth.steps.tolist(), smooth.values.tolist()) == ([3, 4], [3.0, 5.0])
    assert len(trailing_mean(curve(1.0, 2.0), 3)) == 0


@pytest.mark.parametrize(("length", "window"), [(1, 1), (19, 1), (20, 2), (60, 6), (5000, 10)])
def test_a_window_is_a_tenth_of_the_run_at_most_ten(length: int, window: int) -> None:
    assert window_of(length) == window


def test_unique_fraction() -> None:
    assert unique_fraction(["a", "a", "b", "c"]) == 0.75
    assert unique_fraction([]) == 1.0


def test_overlap_of_kmers() -> None:
    # {ab, bc} and {bc, cd} share one of three parts; {xy} shares none with either.
    sets = [frozenset(parts) for parts in (["ab", "bc"], ["bc", "cd"], ["xy"])]
    assert mean_overlap(sets[:2]) == pytest.approx(1 / 3)
    assert mean_overlap(sets) == pytest.approx(1 / 9)
    assert mean_overlap(sets[:1]) == 0.0
    assert mean_overlap([frozenset(), frozenset()]) == 1.0


def test_one_molecule_in_any_rotation_on_either_strand_is_one_completion() -> None:
    molecule = "ATGACCATCAATCTAAAGTATATATGAGTAAACTTGGTCTGACAG"
    turned = molecule[20:] + molecule[:20]
    other_strand = turned.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    assert kmers(molecule) == kmers(turned) == kmers(other_strand)
    found = measure([molecule, turned, other_strand], [molecule])
    assert (found.unique_fraction, found.unique_starts, found.similarity) == (1 / 3, 1.0, 1.0)


def test_overlap_within_prompts_ignores_pairs_of_different_prompts() -> None:
    a, b = frozenset("a"), frozenset("b")
    assert mean_overlap_within([a, a, b, b], 2) == 1.0
    assert mean_overlap([a, a, b, b]) == pytest.approx(2 / 6)
    assert mean_overlap_within([a, b], 1) == 0.0


def test_diversity_of_text_and_of_dna() -> None:
    start = ["the cat sat. it ran.", "a dog ran. the end."]
    found = measure(["the cat sat. it ran.", "the cat sat! a dog."], start, group=2)
    assert (found.unique_fraction, found.unique_starts) == (1.0, 0.5)
    # {the, cat, sat, it, ran} and {the, cat, sat, a, dog}
    assert found.similarity == found.prompt_similarity == pytest.approx(3 / 7)
    assert found.template_share == pytest.approx(2 / 4)
    dna = measure(["ACGT" * 20 + "A", "ACGT" * 20 + "C"], ["ACGT" * 20] * 2)
    assert (dna.unique_fraction, dna.unique_starts, dna.template_share) == (1.0, 0.5, 0.0)
    # The repeat has three canonical 16-mers; those across the last base, 15 and 16, are not shared.
    assert dna.similarity == pytest.approx(3 / 34)


def test_group_statistics() -> None:
    found = group_statistics(np.array([0.0, 0.4, 1.0, NAN, NAN, NAN]), 2)
    assert found["best_of_n"] == pytest.approx(0.7)
    assert found["gap"] == pytest.approx(0.7 - 0.6)
    assert found["variance_within"] == pytest.approx(0.02)
    assert found["variance_pooled"] == pytest.approx(np.var([0.0, 0.4, 1.0]))
    assert group_statistics(np.array([NAN, NAN]), 2) == {}


def test_the_error_of_a_mean_comes_from_the_variance_within_prompts() -> None:
    # Variances within prompts 0.02 and 0 (ddof 1: 0.02 = 0.2² / 2), four samples.
    assert error_of_mean(np.array([0.1, 0.3, 0.9, 0.9]), 2) == pytest.approx(math.sqrt(0.01 / 4))
    # With one sample per prompt, the variance over all samples is used instead.
    assert error_of_mean(np.array([0.0, 1.0]), 1) == pytest.approx(math.sqrt(0.5 / 2))
    assert math.isnan(error_of_mean(np.array([0.5, NAN]), 2))


def test_kl_bound() -> None:
    assert kl_bound(curve(0.9, 1.0), 1.0) is None
    finding = kl_bound(curve(0.9, 1.1, 9.0), 1.0)
    assert seen(finding) == ("KL diverging", 2)
    assert finding is not None
    assert finding.evidence == "KL 1.100 nats/token is above 1"


def test_kl_spike() -> None:
    assert seen(kl_spike(curve(0.01, 0.02, 0.05, 0.16), 3.0, 0.1)) == ("KL spike", 4)
    assert kl_spike(curve(0.01, 0.02, 0.05, 0.15), 3.0, 0.1) is None  # three times, not more
    assert kl_spike(curve(0.001, 0.001, 0.001, 0.09), 3.0, 0.1) is None  # too small to matter
    assert kl_spike(curve(0.001, 0.5), 3.0, 0.1) is None  # nothing to compare with yet
    doubling = [0.001 * 2**step for step in range(12)]
    assert kl_spike(curve(*doubling), 3.0, 0.1) is None  # steady fast growth is left to `kl_bound`


def test_entropy_collapse() -> None:
    assert seen(entropy_collapse(curve(2.0, 0.5, 0.3), 2.0, 0.2)) == ("collapsed", 3)
    assert entropy_collapse(curve(2.0, 0.4), 2.0, 0.2) is None
    assert entropy_collapse(curve(0.1), NAN, 0.2) is None  # no starting model to compare with


def test_lost_unique() -> None:
    assert seen(lost_unique(curve(0.8, 0.4, 0.3), 0.8, 0.5)) == ("collapsed", 3)


def test_exploding_gradient() -> None:
    rising = (1.0, 1.0, 1.0, 20.0, 20.0, 20.0)
    assert seen(exploding_gradient(curve(*rising), 5, 10.0)) == ("unstable", 6)
    # Of six values three are 1 and three are 20, so the median is 10.5.
    assert seen(exploding_gradient(curve(*rising), 6, 10.5)) == ("unstable", 6)
    assert exploding_gradient(curve(*rising), 6, 10.6) is None
    assert exploding_gradient(curve(1.0, 1.0, 1e9, 1e9, 1.0, 1.0), 1, 10.0) is None  # short spikes


def test_no_signal_and_saturation() -> None:
    assert seen(no_signal(curve(0.8, 0.9), 0.8)) == ("no signal", 2)
    assert seen(reward_saturated(curve(0.9, 0.95), 0.95)) == ("reward saturated", 2)


def test_length_and_truncation() -> None:
    assert length_shift(curve(100.0, 200.0, 50.0), 100.0, 2.0) is None
    assert seen(length_shift(curve(100.0, 201.0), 100.0, 2.0)) == ("length shift", 2)
    assert seen(length_shift(curve(100.0, 49.0), 100.0, 2.0)) == ("length shift", 2)
    assert seen(truncated(curve(0.7, 0.71), 0.2, 0.5)) == ("truncated", 2)


def fall(*score: float, reward: Curve | None = None, error: float = 0.01) -> Finding | None:
    scores = curve(*score)
    errors = Curve(scores.steps, np.full(len(scores), error))
    return score_fall(scores, errors, reward or curve(), 0.3, noise=6.0, share=0.2)


def test_a_fall_of_the_score() -> None:
    # 6 standard errors are 0.06. So are 20 % of the gain of 0.3.
    assert fall(0.4, 0.6, 0.54) is None
    assert seen(fall(0.4, 0.6, 0.539)) == ("unstable", 2)
    assert seen(fall(0.4, 0.6, 0.4, reward=curve(0.3, 0.5, 0.7))) == ("reward hacking", 2)
    assert seen(fall(0.4, 0.6, 0.4, reward=curve(0.3, 0.5, 0.4))) == ("unstable", 2)
    assert fall(0.4, 0.6, 0.4, 0.6) is None  # it came back
    assert fall(0.4, 0.9, 0.79, error=0.001) is None  # less than a fifth of what was gained
    assert seen(fall(0.6, 0.3)) == ("unstable", 1)
    assert fall() is None


def test_a_lucky_small_error_of_peak_and_last_value_is_no_fall() -> None:
    # An unchanged policy (KL 0), 16 completions per rung: the two errors alone gave "unstable".
    scores, errors = curve(0.0639, 0.0207, 0.0084), curve(0.0099, 0.0167, 0.0071)
    assert score_fall(scores, errors, curve(), 0.0639, noise=5.0, share=0.2) is None
    steady = curve(0.0099, 0.0071, 0.0071)
    assert seen(score_fall(scores, steady, curve(), 0.0639, noise=5.0, share=0.2)) == ("unstable", 1)


def test_not_finite_names_the_value() -> None:
    assert not_finite({"train/loss": 0.1}, 1) is None
    finding = not_finite({"train/loss": NAN, "train/kl": 0.0}, 4)
    assert seen(finding) == ("not finite", 4)
    assert finding is not None
    assert finding.evidence == "train/loss is NaN or infinite"
    assert nothing_scored(3, 4, 7) is None
    assert seen(nothing_scored(4, 4, 7)) == ("not finite", 7)
