"""Quality control: figures of a batch, molecules that are the same, copies of the training corpus."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent.tasks.plasmid.corpus import rotate
from rewards.base import Sample
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.quality.control import PlasmidQuality
from rewards.plasmid.quality.kmers import NO_KMER, circular_kmers, distinct_kmers
from rewards.plasmid.quality.known import KnownMolecules
from rewards.plasmid.quality.same import SHARED, clusters
from rewards.quality import (
    Originality,
    Quality,
    Verdict,
    coincidence,
    effective_number,
    quality_scores,
    rarity,
)
from tests.rewards.plasmids import (
    AMPR,
    PUC_ORI,
    library_sequence,
    random_dna,
    reverse_complement,
    substituted,
    whole,
)

DNA = st.text("ACGT", min_size=1, max_size=80)


class Pets(Quality):
    """A sample passes if its completion is the name of a pet; its type is the last letter."""

    kinds = ("letter",)

    def verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        return [
            Verdict(s.completion != "wolf", s.completion == "cat", {"letter": (s.completion[-1],)}, "")
            for s in samples
        ]

    def clusters(self, samples: Sequence[Sample]) -> list[int]:
        return [len(s.completion) for s in samples]

    def originality(self, samples: Sequence[Sample]) -> list[Originality | None]:
        return [
            None
            if s.completion == "dog"
            else Originality(len(s.completion) / 10, s.completion == "cat", len(s.completion))
            for s in samples
        ]

    def pieces(self, samples: Sequence[Sample]) -> list[NDArray[np.uint64]]:
        return [np.array(sorted({ord(letter) for letter in s.completion}), dtype=np.uint64) for s in samples]


def test_figures_of_a_batch() -> None:
    found = quality_scores(
        Pets(), [Sample("", text) for text in ("wolf", "cat", "goose", "dog", "rat", "bird", "cow", "pig")]
    )
    # Clusters by length: cat, dog, rat, cow, pig; goose; bird. The wolf does not pass.
    assert found.clusters == [None, 1, 2, 1, 1, 3, 1, 1]
    assert found.figures == pytest.approx(
        {
            "pass_rate": 7 / 8,
            "published_pass_rate": 1 / 8,
            "distinct_pass_rate": 3 / 8,
            "passed": 7,
            "distinct": 3,
            "effective": math.exp(-5 / 7 * math.log(5 / 7) - 2 / 7 * math.log(1 / 7)),
            "top_share": 5 / 7,
            "coincidence": 20 / 42,
            "letter_types": 5,
            "letter_entropy": -2 * 2 / 7 * math.log(2 / 7) - 3 / 7 * math.log(1 / 7),
            "letter/d": 1 / 7,
            "letter/e": 1 / 7,
            "letter/g": 2 / 7,
            "letter/t": 2 / 7,
            "letter/w": 1 / 7,
            # Weighted by the number of letters: a short word counts less than a long one.
            "novelty": (2 * 1.6 + 2.5 + 4 * 0.9) / (2 * 4 + 5 + 4 * 3),
            "passing_novelty": (1.6 + 2.5 + 4 * 0.9) / (4 + 5 + 4 * 3),
            "near_copies": 1 / 7,
        }
    )


def test_figures_if_nothing_passes_or_can_be_compared() -> None:
    (wolf,) = (quality_scores(Pets(), [Sample("", "wolf")]).figures,)
    assert (wolf["pass_rate"], wolf["distinct"], wolf["effective"], wolf["top_share"]) == (0, 0, 0, 0)
    assert (wolf["letter_types"], wolf["letter_entropy"]) == (0, 0)
    assert "coincidence" not in wolf
    assert "novelty" not in quality_scores(Pets(), [Sample("", "dog")]).figures


def test_fragments_of_a_prompt_do_not_make_a_batch_novel() -> None:
    quality = PlasmidQuality(CORPUS)
    copies = [Sample("", CORPUS[which]) for which in range(9)]
    fragment = Sample(random_dna(40, 500), "ACGTACGTAC")
    (found,) = [o for o in quality.originality([fragment]) if o is not None]
    assert found.novelty == 1.0
    # As a mean over samples it would be 0.1.
    assert quality_scores(quality, [*copies, fragment]).figures["novelty"] < 0.005


@given(st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_the_effective_number_lies_between_one_and_the_number_of_classes(counts: list[int]) -> None:
    assert 1 - 1e-9 <= effective_number(counts) <= len(counts) + 1e-9
    assert effective_number([7] * len(counts)) == pytest.approx(len(counts))
    assert effective_number([]) == 0


def test_coincidence_does_not_depend_on_the_number_of_members() -> None:
    rng = np.random.default_rng(0)
    for size in (5, 200):
        draws = [coincidence(np.bincount(rng.integers(0, 12, size)).tolist()) for _ in range(2000)]
        assert np.mean(draws) == pytest.approx(1 / 12, abs=0.005)
    assert coincidence([4]) == 1
    assert math.isnan(coincidence([1]))


def test_kmers_of_a_circle() -> None:
    # Around AAC: AA, AC, CA; on the other strand TT, GT, TG. As numbers, A is 0 and C is 1.
    assert circular_kmers(encode("AAC"), 2).tolist() == [0b0000, 0b0001, 0b0100]
    assert circular_kmers(encode("GTT"), 2).tolist() == [0b0001, 0b0000, 0b0100]
    assert circular_kmers(encode("ANC"), 2).tolist() == [NO_KMER, NO_KMER, 0b0100]
    assert distinct_kmers(encode("NNA"), 2).tolist() == []
    assert circular_kmers(encode(""), 2).tolist() == []


@given(DNA, st.integers(0, 100), st.sampled_from([1, 5, 12, 31]))
def test_kmers_do_not_depend_on_rotation_and_strand(sequence: str, offset: int, k: int) -> None:
    other = reverse_complement(rotate(sequence, offset))
    assert distinct_kmers(encode(sequence), k).tolist() == distinct_kmers(encode(other), k).tolist()


def numbers(*molecules: str) -> list[int]:
    return clusters([encode(molecule) for molecule in molecules])


@pytest.mark.parametrize(("differing", "same"), [(0.0, True), (0.03, True), (0.08, False), (0.2, False)])
def test_molecules_are_the_same_at_95_percent_identity(differing: float, same: bool) -> None:
    for seed in range(10):
        molecule = random_dna(3000, seed)
        other = reverse_complement(rotate(substituted(molecule, differing, seed), 700 * seed))
        assert (len(set(numbers(molecule, other))) == 1) == same


def test_the_limit_is_the_share_of_bases_in_kmers_without_a_difference() -> None:
    """The formula agrees with random differences of 5 %."""
    shares = []
    for seed in range(40):
        differs = np.random.default_rng(seed).random(4000) < 0.05
        clean = np.array([not differs[np.arange(i, i + 12) % 4000].any() for i in range(4000)])
        shares.append(np.mean([clean[np.arange(i - 11, i + 1) % 4000].any() for i in range(4000)]))
    assert np.mean(shares) == pytest.approx(SHARED, abs=0.005)


def test_a_common_backbone_and_a_piece_are_not_the_same_molecule() -> None:
    backbone, first, second = random_dna(2000, 1), random_dna(1000, 2), random_dna(1000, 3)
    assert len(set(numbers(backbone + first, backbone + second, backbone))) == 3


@pytest.mark.parametrize("unknown", [0, 300, 1000, 20_000])
def test_copies_with_unknown_bases_are_the_same_molecule(unknown: int) -> None:
    molecule = random_dna(2000, 1)
    assert len(set(numbers(molecule, molecule + "N" * unknown, rotate(molecule + "N" * unknown, 400)))) == 1
    assert len(set(numbers(random_dna(2000, 2) + "N" * unknown, molecule + "N" * unknown))) == 2


def test_molecules_without_a_known_stretch_are_not_the_same() -> None:
    assert len(set(numbers("N" * 500, "N" * 500, "ACGTN" * 100))) == 3


@given(st.permutations(range(5)))
def test_clusters_do_not_depend_on_the_order(order: list[int]) -> None:
    base = random_dna(600, 5)
    molecules = [base, rotate(base, 99), base + "ACGTT", random_dna(600, 6), reverse_complement(base)[:-10]]
    found = numbers(*(molecules[place] for place in order))
    by_molecule = dict(zip(order, found, strict=True))
    assert len({by_molecule[place] for place in (0, 1, 2, 4)}) == 1
    assert len(set(found)) == 2


CORPUS = tuple(random_dna(2500, seed) for seed in range(20))


def originality(sequence: str) -> Originality | None:
    return KnownMolecules(CORPUS).originality(encode(sequence))


@given(st.integers(0, 19), st.integers(0, 2500))
def test_a_known_molecule_has_no_novelty_in_any_rotation_on_either_strand(which: int, offset: int) -> None:
    turned = rotate(CORPUS[which], offset)
    for molecule in (turned, reverse_complement(turned)):
        found = originality(molecule)
        assert found is not None
        assert (found.novelty, found.near_copy) == (0.0, True)


def test_novelty_is_the_share_of_unknown_31mers_and_copies_are_of_one_molecule() -> None:
    new = originality(random_dna(2500, 99))
    assert new == Originality(1.0, False, 2500)
    # Halves of two molecules: 2 x 30 of 2,500 k-mers cross a junction, but for bases that fit by chance.
    expected = {
        CORPUS[0][:1250] + CORPUS[1][:1250]: (60 / 2500, 0.005, False),
        CORPUS[0][:1250]: (30 / 1250, 0.005, True),
        substituted(CORPUS[3], 0.03, 1): (1 - 0.97**31, 0.08, True),
        substituted(CORPUS[3], 0.1, 1): (1 - 0.9**31, 0.05, False),
    }
    for sequence, (novelty, tolerance, is_copy) in expected.items():
        found = originality(sequence)
        assert found is not None
        assert found.novelty == pytest.approx(novelty, abs=tolerance)
        assert found.near_copy == is_copy


def test_what_is_too_short_or_unknown_is_not_compared() -> None:
    assert originality("ACGT") is None
    assert originality("N" * 500) is None
    assert originality("") is None
    assert KnownMolecules(()).originality(encode(CORPUS[0])) == Originality(1.0, False, len(CORPUS[0]))


def plasmid(filler: int, marker: str = AMPR) -> str:
    """An origin and a marker with random bases between them."""
    parts = [library_sequence(PUC_ORI), library_sequence(marker)]
    return random_dna(400, filler) + parts[0] + random_dna(400, filler + 1) + parts[1]


def test_quality_control_of_plasmids() -> None:
    quality = PlasmidQuality((plasmid(10),))
    samples = [
        whole(plasmid(10)),
        whole(reverse_complement(rotate(plasmid(10), 900))),
        whole(plasmid(20)),
        whole(plasmid(30) + library_sequence(PUC_ORI)),
        Sample(plasmid(40), ""),
        Sample("ATG", "the cat sat on the mat and then it slept for hours"),
    ]
    found = quality_scores(quality, samples)
    assert [verdict.passed for verdict in found.verdicts] == [True, True, True, False, False, False]
    assert found.clusters == [1, 1, 2, None, None, None]
    assert found.verdicts[0].types == {"origin": ("ColE1",), "marker": ("ampicillin",)}
    assert "2 whole bacterial origins" in found.verdicts[3].reason
    assert found.verdicts[4].reason == "empty completion"
    assert found.figures["origin/ColE1"] == 1
    assert found.figures["distinct_pass_rate"] == 2 / 6
    copies = [found for found in quality.originality(samples)[:2] if found is not None]
    assert [(found.novelty, found.near_copy) for found in copies] == [(0.0, True)] * 2
    assert quality.originality(samples)[4] is None


def test_rarity_of_shared_and_own_pieces() -> None:
    pieces = Pets().pieces([Sample("", text) for text in ("cat", "cat", "dog", "")])
    assert rarity(pieces, 1.0).tolist() == [0.5, 0.5, 1.0, 1.0]
    assert rarity(pieces, 0.5).tolist() == pytest.approx([2**-0.5, 2**-0.5, 1.0, 1.0])
    # `cart` shares three of its four letters with `cat`.
    assert rarity(Pets().pieces([Sample("", "cat"), Sample("", "cart")]), 1.0).tolist() == [0.5, 0.625]


@given(st.lists(st.text("abcd", max_size=5), min_size=1, max_size=8), st.floats(0, 2))
def test_rarity_lies_between_an_equal_share_and_one_and_does_not_depend_on_order(
    texts: list[str], exponent: float
) -> None:
    found = rarity(Pets().pieces([Sample("", text) for text in texts]), exponent)
    assert (found <= 1 + 1e-12).all()
    assert (found >= len(texts) ** -exponent - 1e-12).all()
    backwards = rarity(Pets().pieces([Sample("", text) for text in reversed(texts)]), exponent)
    assert backwards[::-1].tolist() == pytest.approx(found.tolist())
    assert rarity([np.empty(0, dtype=np.uint64)] * 2, exponent).tolist() == [1.0, 1.0]


def test_pieces_of_a_molecule_are_the_same_for_every_rotation_and_strand_and_filler_has_none() -> None:
    marker = library_sequence(AMPR)
    molecule = random_dna(400, seed=3) + marker + random_dna(300, seed=4)
    written = [Sample("", molecule), Sample(molecule[:70], molecule[70:]), Sample("", rotate(molecule, 133))]
    written.append(Sample("", reverse_complement(molecule)))
    first, *others = PlasmidQuality(()).pieces(written)
    assert len(marker) - 30 <= len(first) < len(marker) + 100  # the gene may begin before the library's
    assert all((first == other).all() for other in others)
    assert [len(part) for part in PlasmidQuality(()).pieces([Sample("", random_dna(400, seed=5))])] == [0]
