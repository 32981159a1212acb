import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import stats

values = st.lists(st.floats(-100, 100), min_size=1, max_size=30)


def test_mean_interval_is_students_t_interval():
    found = stats.mean_interval([1, 2, 3, 4, 5])
    # t(0.975, 4) = 2.776445, sd = 1.581139
    assert found.estimate == 3
    assert found.high - 3 == pytest.approx(2.776445 * 1.581139 / math.sqrt(5), rel=1e-5)
    assert found.low == pytest.approx(6 - found.high)


def test_a_margin_is_half_of_the_normal_interval():
    assert stats.margin(0.5) == pytest.approx(0.979982, abs=1e-6)
    assert math.isnan(stats.margin(math.nan))


def test_all_differences_are_tukey_intervals_in_both_directions():
    found = stats.all_differences([[1, 2, 3], [4, 5, 6], [2, 3, 4]])
    # q(0.95; 3, 6) = 4.339; every deviation is 1.
    half = 4.339 / math.sqrt(3)
    assert found[1][0].estimate == 3
    assert (found[1][0].low, found[1][0].high) == pytest.approx((3 - half, 3 + half), abs=1e-3)
    assert (found[0][1].low, found[0][1].high) == pytest.approx((-3 - half, -3 + half), abs=1e-3)
    assert stats.all_differences([[1, 2], [3]])[0][1] == stats.Interval(-1.5, -math.inf, math.inf)


def test_one_value_gives_an_infinite_interval():
    assert stats.mean_interval([0.4]) == stats.Interval(0.4, -math.inf, math.inf)
    assert stats.difference_interval([0.4], [0.1, 0.2]).low == -math.inf
    assert stats.difference_p([0.4], [0.1, 0.2]) == 1


def test_welch_on_a_worked_example():
    a, b = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9], [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0]
    from scipy.stats import ttest_ind

    expected = ttest_ind(a, b, equal_var=False)
    assert stats.difference_p(a, b) == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(0.95)
    found = stats.difference_interval(a, b)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_equal_constant_samples_do_not_differ_and_unequal_ones_do():
    assert stats.difference_p([1, 1], [1, 1]) == 1
    assert stats.difference_p([1, 1], [2, 2]) == 0


def test_mean_intervals_have_nominal_coverage():
    rng = np.random.default_rng(1)
    intervals = [stats.mean_interval(rng.normal(0.5, 0.1, 5)) for _ in range(4000)]
    covered = [interval.low <= 0.5 <= interval.high for interval in intervals]
    assert 0.94 < np.mean(covered) < 0.96


def test_probability_of_improvement():
    assert stats.probability_of_improvement([3, 4], [1, 2]) == 1
    assert stats.probability_of_improvement([1, 2], [1, 2]) == 0.5
    assert stats.probability_of_improvement([1, 3], [2, 2]) == 0.5


@given(values, values)
def test_improvement_of_a_and_of_b_sum_to_one(a, b):
    forward, backward = stats.probability_of_improvement(a, b), stats.probability_of_improvement(b, a)
    assert forward + backward == pytest.approx(1)


def test_holm_on_a_worked_example():
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_lowers_p_values_and_keeps_their_order(p):
    adjusted = stats.holm(p)
    assert all(a >= x for a, x in zip(adjusted, p, strict=True))
    assert all(0 <= a <= 1 for a in adjusted)
    pairs = sorted(zip(p, adjusted, strict=True))
    assert [a for _, a in pairs] == sorted(a for _, a in pairs)


def test_measurement_noise_is_estimated_without_the_trend():
    rng = np.random.default_rng(3)
    trend = np.linspace(0.2, 0.8, 9)
    assert stats.measurement_noise([trend]) == pytest.approx(0, abs=1e-12)
    noisy = [trend + rng.normal(0, 0.03, 9) for _ in range(300)]
    assert stats.measurement_noise(noisy) == pytest.approx(0.03, rel=0.05)
    assert stats.measurement_noise([[0.1, 0.2]]) is None
