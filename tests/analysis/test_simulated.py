from tests.analysis.simulated import coverage, false_clear_winner, p_best


def test_this_rule_finds_the_best_more_often_than_the_usual_ones():
    found = p_best(40)
    assert found["this"] > found["best peak"] > found["best final reward"]
    assert found["this"] >= 0.65


def test_a_clear_winner_among_equals_is_rare():
    assert false_clear_winner(40) <= 0.05


def test_intervals_over_seeds_cover():
    assert 0.88 <= coverage(30) <= 0.99
