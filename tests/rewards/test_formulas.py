"""Exact values of every reward formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.base import Sample
from rewards.control.components.constant import Constant
from rewards.control.components.random import Random
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.cassette import Cassette
from rewards.plasmid.components.cds import Cds
from rewards.plasmid.components.expression import Expression
from rewards.plasmid.components.filler import Filler
from rewards.plasmid.components.gc import Gc
from rewards.plasmid.components.homopolymers import Homopolymers
from rewards.plasmid.components.length import Length
from rewards.plasmid.components.letters import Letters
from rewards.plasmid.components.marker import Marker
from rewards.plasmid.components.ori import Ori
from rewards.plasmid.components.repeats import Repeats
from rewards.plasmid.counting import count_score
from rewards.plasmid.credit import gene_credit, marker_credit, part_credit, sequence_credit
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import gaps
from rewards.text.components.contains_word import ContainsWord
from rewards.text.components.repetition import Repetition
from rewards.text.components.sentence_length import SentenceLength
from tests.rewards.plasmids import random_dna, reverse_complement


def feature(
    feature_class: str,
    start: int,
    span: int,
    strand: int = 1,
    identity: float = 1.0,
    coverage: float = 1.0,
    reading: float = 1.0,
    name: str = "",
    length: int = 10_000,
    defect: str = "",
) -> Feature:
    end = start + span
    return Feature(
        name or f"{feature_class} at {start}",
        feature_class,  # type: ignore[arg-type]
        start,
        end if end <= length else end - length,
        strand,
        span,
        identity,
        coverage,
        coverage < 0.95,
        reading,
        defect or ("broken" if coverage < 0.95 or reading < 1.0 else ""),
    )


def plasmid(*features: Feature, length: int = 10_000) -> Annotation:
    return Annotation(encode(random_dna(length, 0)), True, tuple(features))


@pytest.mark.parametrize(
    ("distinct", "total", "low", "high", "punish", "score"),
    [
        (1, 1, 1, 1, False, 1.0),
        (0, 0, 1, 1, False, 0.0),
        (0.5, 0.5, 1, 1, False, 0.5),
        (0.5, 0.5, 1, 1, True, 0.25),
        (1, 2, 1, 1, False, 2 / 3),
        (1, 2, 1, 1, True, 4 / 9),
        (6, 6, 1, 5, False, 6 / 7),
        (60, 60, 1, 5, False, 6 / 61),
        (1, 50, 2, 5, False, 0.5 * 6 / 51),
        (0, 0, 0, 2, False, 1.0),
        (0, 0, 0, 0, True, 1.0),
        (1, 1, 0, 0, False, 0.5),
    ],
)
def test_count_score(distinct, total, low, high, punish, score) -> None:
    assert count_score(distinct, total, low, high, punish) == pytest.approx(score)


@given(st.floats(0, 30), st.integers(0, 10), st.integers(0, 10), st.booleans())
def test_count_score_is_continuous_and_punish_mode_never_raises_it(count, low, extra, punish) -> None:
    high = low + extra
    score = count_score(count, count, low, high, punish)
    assert 0.0 <= score <= 1.0
    assert abs(count_score(count + 1e-9, count + 1e-9, low, high, punish) - score) < 1e-7
    assert count_score(count, count, low, high, True) <= count_score(count, count, low, high, False)


def test_credits_of_features() -> None:
    assert sequence_credit(feature("ori", 0, 500)) == 1.0
    assert sequence_credit(feature("ori", 0, 500, identity=0.98)) == 1.0
    assert sequence_credit(feature("ori", 0, 500, identity=0.84)) == pytest.approx(0.5)
    assert sequence_credit(feature("ori", 0, 500, identity=0.84, coverage=0.6)) == pytest.approx(0.3)
    assert sequence_credit(feature("ori", 0, 500, identity=0.65)) == 0.0
    assert part_credit(feature("ori", 0, 500, identity=0.84)) == pytest.approx(0.5)
    assert part_credit(feature("ori", 0, 500, coverage=0.6)) == pytest.approx(0.36)  # a fragment
    assert part_credit(feature("ori", 0, 500, defect="changed")) == pytest.approx(0.3)
    assert marker_credit(feature("marker", 0, 861)) == 1.0
    assert marker_credit(feature("marker", 0, 861, reading=0.5)) == pytest.approx(0.2 * 0.5)
    assert marker_credit(feature("marker", 0, 861, reading=0.0)) == 0.0
    assert marker_credit(feature("marker", 0, 861, defect="frameshift")) == pytest.approx(0.2)
    assert marker_credit(feature("marker", 0, 430, coverage=0.5)) == pytest.approx(0.3 * 0.5)
    assert gene_credit(feature("cds", 0, 150, name="CDS")) == 0.0
    assert gene_credit(feature("cds", 0, 375, name="CDS")) == pytest.approx(0.5)
    assert gene_credit(feature("cds", 0, 3000, name="CDS")) == 1.0
    assert gene_credit(feature("cds", 0, 600, name="CDS", reading=0.5)) == pytest.approx(0.2 * 0.5)
    assert gene_credit(feature("cds", 0, 240, name="lacZ-alpha")) == 1.0  # a known gene of any length
    assert gene_credit(feature("cds", 0, 720, name="EGFP", reading=0.5)) == pytest.approx(0.2 * 0.5)
    assert gene_credit(feature("cds", 0, 700, name="EGFP", coverage=0.9)) == pytest.approx(0.3 * 0.9)


def test_counts_of_features() -> None:
    first, other = feature("ori", 0, 500, name="p15A ori"), feature("ori", 900, 500, name="pBBR1 ori")
    two = plasmid(first, other._replace(identity=0.84))
    assert Ori(1, 1).evaluate(two).score == pytest.approx(2 / 2.5)
    assert Ori(2, 3).evaluate(two).score == pytest.approx(0.75)
    copies = plasmid(first, first._replace(start=900, end=1400))
    assert Ori(2, 3).evaluate(copies).score == 0.5  # a copy does not count towards the minimum
    assert Ori(1, 1).evaluate(copies).score == pytest.approx(2 / 3)  # but it counts against the maximum
    broken = plasmid(feature("marker", 0, 861, reading=0.5, name="AmpR (bla)"))
    assert Marker(1, 1).evaluate(broken).score == pytest.approx(0.2 * 0.5)


def test_genes_that_overlap_a_marker_are_not_counted() -> None:
    marker = feature("marker", 1000, 861)
    assert Cds(1, 5).evaluate(plasmid(marker, feature("cds", 1000, 861))).score == 0.0
    assert Cds(1, 5).evaluate(plasmid(marker, feature("cds", 1300, 561, -1))).score == 0.0
    fusion = feature("cds", 1000, 2400, name="CDS")  # a gene that ends with a marker is more than the marker
    assert Cds(1, 5).evaluate(plasmid(marker._replace(start=2539, end=3400), fusion)).score == 1.0
    assert Cds(1, 5).evaluate(plasmid(marker, feature("cds", 3000, 900))).score == 1.0


@pytest.mark.parametrize(
    ("length", "lenient", "punished"),
    [
        (500, 0.7 * 0.5, 0.7 * 0.25),
        (1000, 0.7, 0.7),
        (1500, 0.85, 0.85),
        (2000, 1.0, 1.0),
        (5000, 1.0, 1.0),
        (8000, 1.0, 1.0),
        (9000, 0.85, 0.85),
        (10_000, 0.7, 0.7),
        (20_000, 0.35, 0.175),
        (0, 0.0, 0.0),
    ],
)
def test_length_score(length, lenient, punished) -> None:
    assert Length(1000, 10_000, 2000, 8000, 0.3, False).score(length) == pytest.approx(lenient)
    assert Length(1000, 10_000, 2000, 8000, 0.3, True).score(length) == pytest.approx(punished)


def test_length_score_with_equal_limits() -> None:
    exact = Length(3000, 3000, 3000, 3000, 0.3, False)
    assert [round(exact.score(n), 3) for n in (1500, 3000, 6000)] == [0.35, 1.0, 0.35]


def test_gc_score() -> None:
    def score(text: str) -> float | None:
        return Gc(0.4, 0.6).evaluate(Annotation(encode(text), True, ())).score

    assert score("ACGT") == 1.0
    assert score("AAAG" * 5) == pytest.approx(0.25 / 0.4)
    assert score("GGGA" * 5) == pytest.approx(0.25 / 0.4)
    assert score("AAAA") == score("GGGG") == score("NNNN") == score("") == 0.0
    assert score("ACGTNNNNNN") == 1.0  # only known bases count


def test_homopolymers_are_found_around_the_circle() -> None:
    def score(text: str, circular: bool = True) -> float | None:
        return Homopolymers(5).evaluate(Annotation(encode(text), circular, ())).score

    assert score("ACGT" * 5) == 1.0
    assert score("AAAAA" + "CG" * 5) == pytest.approx(10 / 15)
    assert score("AAA" + "CG" * 5 + "AA") == pytest.approx(10 / 15)
    assert score("AAA" + "CG" * 5 + "AA", circular=False) == 1.0
    assert score("A" * 20) == 0.0
    assert score("N" * 20) == 1.0


def test_repeats_are_scored_by_their_share_of_bases() -> None:
    def share(text: str, size: int = 20, circular: bool = True) -> float:
        return 1.0 - (Repeats(size).evaluate(Annotation(encode(text), circular, ())).score or 0.0)

    a, b, unit = random_dna(200, 1), random_dna(200, 2), random_dna(50, 3)
    assert share(a + b) == 0.0
    # 0.3 for the presence of a repeat, and its share of the bases
    assert share(a + unit + b + unit) == pytest.approx(0.3 + 100 / 500)
    assert share(a + unit + b + reverse_complement(unit)) == pytest.approx(0.3 + 100 / 500)
    assert share(a + unit[:19] + b + unit[:19]) == 0.0
    across = unit[30:] + a + unit + b + unit[:30]
    assert share(across) == pytest.approx(0.3 + 100 / 500)  # one copy across the origin
    assert share(across, circular=False) == pytest.approx(0.3 + 100 / 500)
    assert share(unit[40:] + a + unit + b + unit[:40], circular=False) == pytest.approx(0.3 + 80 / 500)
    assert share(a + unit[:20] + b + unit[:20]) == pytest.approx(0.3 + 40 / 440)
    assert share("A" * 300) == 1.0
    assert share("N" * 300) == 0.0
    assert share("ACGT") == 0.0


@given(st.text("ACGTN", max_size=200), st.integers(1, 12))
def test_repeats_agree_with_a_count_of_windows(text: str, size: int) -> None:
    length = len(text)
    windows = [(text + text)[i : i + size] for i in range(length)] if length >= size else []
    keys = [min(w, reverse_complement(w)) if "N" not in w else None for w in windows]
    covered = {
        (i + j) % length for i, key in enumerate(keys) if key and keys.count(key) > 1 for j in range(size)
    }
    evaluation = Repeats(size).evaluate(Annotation(encode(text), True, ()))
    loss = len(covered) / max(1, length) + 0.3 * min(1.0, len(covered) / (2 * size))
    assert evaluation.score == pytest.approx(max(0.0, 1.0 - loss))


def test_letters_other_than_dna_lower_the_score() -> None:
    def score(completion: str) -> float | None:
        return Letters(0.1)([Sample("prompt!", completion)])[0].score

    assert score("ACGTNacgtn") == 1.0
    assert score("ACGT" * 24 + "ACG?") == pytest.approx(0.9)
    assert score("ACGT" * 20 + "RYSWKMBDH " * 2) == 0.0
    assert score("") == 0.0


def rows(*stretches: tuple[int, int, int]) -> np.ndarray:
    return np.array(stretches, dtype=np.int64)


def test_gaps_are_measured_around_the_circle() -> None:
    gene, reverse = rows((1000, 900, 1)), rows((1000, 900, -1))
    assert gaps(rows((900, 60, 1)), gene, 5000).tolist() == [40]
    assert gaps(rows((900, 120, 1)), gene, 5000).tolist() == [0]
    assert gaps(rows((4900, 200, 1)), gene, 5000).tolist() == [900]
    assert gaps(rows((1950, 50, 1)), gene, 5000).tolist() == [4000]  # behind: the gap goes around
    assert gaps(rows((1940, 60, -1)), reverse, 5000).tolist() == [40]
    assert gaps(reverse, rows((900, 60, -1)), 5000).tolist() == [40]


def test_cassette_score() -> None:
    gene, far = feature("cds", 1000, 900, name="CDS"), feature("cds", 6000, 900, name="CDS")
    promoter, terminator = feature("promoter", 900, 50), feature("terminator", 2000, 50)
    score = Cassette(1000).evaluate
    assert score(plasmid(gene)).score == 0.0
    assert score(plasmid(promoter, terminator)).score == 0.0
    assert score(plasmid(promoter, gene)).score == pytest.approx(0.95 / 2)
    assert score(plasmid(promoter, gene, terminator)).score == pytest.approx((0.95 + 0.9) / 2)
    assert score(plasmid(promoter, gene, terminator, far)).score == pytest.approx((0.95 + 0.9) / 2)
    assert score(plasmid(promoter._replace(strand=-1), gene)).score == 0.0
    assert score(plasmid(terminator._replace(start=100, end=150), gene)).score == 0.0
    assert score(plasmid(promoter._replace(identity=0.84), gene)).score == pytest.approx(0.95 / 4)


def test_cassette_score_falls_with_distance_at_equal_counts() -> None:
    gene, promoter = feature("cds", 1000, 900, name="CDS"), feature("promoter", 900, 50)
    assert Cds(1, 5).evaluate(plasmid(promoter, gene)).score == 1.0
    apart = plasmid(promoter._replace(start=5000, end=5050), gene)
    assert (Cassette().evaluate(plasmid(promoter, gene)).score or 0) > (Cassette().evaluate(apart).score or 0)


def test_contains_word_score() -> None:
    def score(text: str, **limits: int | None) -> float | None:
        return ContainsWord("happy", **limits)([Sample("happy", text)])[0].score

    assert score("They were Happy.") == 1.0
    assert score("They were unhappy, unhappily.") == 0.0
    assert score("happy " * 3) == 1.0
    assert score("happy " * 50) == pytest.approx(4 / 51)
    assert score("happy", minimum=2) == 0.5
    published = {"maximum": None, "inside": True}
    assert score("They were Unhappy.", **published) == score("happy " * 50, **published) == 1.0
    assert score("sad", **published) == 0.0
    assert score("") == 0.0


def test_sentence_length_score() -> None:
    def score(text: str, **params: object) -> float | None:
        return SentenceLength(length=3, **params)([Sample("", text)])[0].score  # type: ignore[arg-type]

    assert score("one two three. four five six! seven eight nine?") == 1.0
    assert score("one two three.", minimum=1) == 1.0
    assert score("one two three.") == pytest.approx(1 / 3)
    assert score("one two three. four five six! seven eight?") == pytest.approx((1 + 1 + 0.8) / 3)
    assert score("one two three. one two three. four five six. seven eight nine.") == pytest.approx(0.75)
    assert score("one two three. four five six. seven eight nine. unfinished") == 1.0
    assert score("no end") == score("") == score("...") == 0.0
    assert score("a b c d. e f g. h i j.", slope=1.0) == pytest.approx(2 / 3)
    assert score("one two three.", minimum=0) == score("a b c. a b c. a b", minimum=0) == 1.0


def test_repetition_score() -> None:
    def score(prompt: str, text: str) -> float | None:
        return Repetition(2)([Sample(prompt, text)])[0].score

    assert score("", "a b c d") == 1.0
    assert score("", "a b a b a") == pytest.approx(2 / 4)
    assert score("a b c", "a b c") == 0.0
    assert score("", "a") == score("", "") == 0.0


def test_constant_and_random_scores() -> None:
    assert Constant(0.3)([Sample("", "x")])[0].score == 0.3
    scores = [Random(1)([Sample("p", str(i))])[0].score or 0.0 for i in range(2000)]
    assert math.isclose(sum(scores) / 2000, 0.5, abs_tol=0.03)
    assert len(set(scores)) == 2000
    assert Random(2)([Sample("p", "0")])[0].score != scores[0]
    assert Random(1)([Sample("p0", "")])[0].score != Random(1)([Sample("p", "0")])[0].score


@pytest.mark.parametrize(
    "make",
    [
        lambda: Ori(3, 1),
        lambda: Length(1000, 500, 600, 700),
        lambda: Length(1000, 9000, 2000, 8000, 1.5),
        lambda: Gc(0.7, 0.3),
        lambda: Repeats(0),
        lambda: Repeats(presence=1.5),
        lambda: Expression(0),
        lambda: Filler(0.0),
        lambda: Homopolymers(1),
        lambda: Letters(0.0),
        lambda: Cassette(0),
        lambda: ContainsWord(" "),
        lambda: ContainsWord("a", 3, 1),
        lambda: SentenceLength(length=0),
        lambda: SentenceLength(slope=0),
        lambda: Repetition(0),
        lambda: Constant(1.5),
    ],
)
def test_invalid_parameters_are_refused(make) -> None:
    with pytest.raises(ValueError, match=r"need|limits|in \["):
        make()
