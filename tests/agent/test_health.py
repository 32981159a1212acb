"""Health checks: exact values on known inputs."""

import pytest

from agent.health.diversity import collapse, kmer_similarity, unique_fraction
from agent.health.finite import not_finite
from agent.health.kl import kl_bound


def test_unique_fraction() -> None:
    assert unique_fraction(["a", "a", "b", "c"]) == 0.75
    assert unique_fraction([]) == 1.0


def test_kmer_similarity_exact() -> None:
    # {ab, bc} and {bc, cd}: one of three shared; {xy} shares none with either.
    assert kmer_similarity(["abc", "bcd"], k=2) == pytest.approx(1 / 3)
    assert kmer_similarity(["abc", "bcd", "xy"], k=2) == pytest.approx(1 / 9)
    assert kmer_similarity(["abc"], k=2) == 0.0


def test_kl_bound() -> None:
    assert kl_bound(0.9, 1.0, step=3) is None
    finding = kl_bound(1.1, 1.0, step=3)
    assert finding is not None
    assert (finding.kind, finding.step) == ("KL diverging", 3)
    assert "1.100" in finding.evidence


def test_not_finite_names_the_value() -> None:
    assert not_finite({"train/loss": 0.1}, 1) is None
    finding = not_finite({"train/loss": float("nan"), "train/kl": 0.0}, 4)
    assert finding is not None
    assert finding.kind == "not finite"
    assert "train/loss" in finding.evidence


STARTER = ["ACGT" * 10, "TTGACA" * 8, "GGCATC" * 8, "CATGAA" * 8]


def test_copies_are_a_collapse() -> None:
    finding = collapse(["ACGT" * 10] * 4, STARTER, unique_min=0.5, similarity_max=0.8, step=7)
    assert finding is not None
    assert finding.kind == "collapsed"


def test_near_copies_are_a_collapse_although_each_is_distinct() -> None:
    stem = "ACGTTGCATCGATCGGATCTAGCTAGGATCTTAGCGATCGATTAGCTAGGCTA" * 4
    near = [stem + letter for letter in "ACGT"]
    assert unique_fraction(near) == 1.0
    finding = collapse(near, STARTER, unique_min=0.5, similarity_max=0.8, step=7)
    assert finding is not None
    assert "16-mers" in finding.evidence


def test_the_starters_own_completions_are_no_collapse() -> None:
    assert collapse(STARTER, STARTER, unique_min=0.5, similarity_max=0.8, step=7) is None
