"""Whole, working parts count. Parts that are broken by construction are found, marked and not counted."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.components.ori import is_bacterial_ori
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import sequence_of
from rewards.plasmid.quality_control import quality_control
from rewards.plasmid.selection import is_bacterial_marker
from tests.rewards.plasmid.edits import BROKEN_FRAME, REARRANGED, build, other_bases, replaced, scored
from tests.rewards.plasmids import (
    AMPR,
    EGFP,
    PUC_ORI,
    library_sequence,
    random_dna,
    real_plasmids,
    reverse_complement,
)

MARKERS = (
    AMPR,
    "KanR (aph(3')-Ia)",
    "CmR (cat)",
    "SmR/SpecR (aadA)",
    "TetR/TetA (tetA)",
    "NeoR/KanR (nptII)",
)
ORIS = (PUC_ORI, "p15A ori", "pSC101 ori", "R6K gamma ori", "pBBR1 ori", "CloDF13 ori", "RSF1030 ori")

KANR_PROMOTER = "Tn5 neo promoter"


def whole_features(sequence: str, feature_class: str, name: str) -> list[Feature]:
    (annotation,) = default_annotator().annotate([sequence])
    features = annotation.of_class(feature_class)  # type: ignore[arg-type]
    return [feature for feature in features if feature.name == name and not feature.defect]


def turned(sequence: str, turn: int, reverse: bool) -> str:
    turn %= len(sequence)
    sequence = sequence[turn:] + sequence[:turn]
    return reverse_complement(sequence) if reverse else sequence


def with_marker(name: str, sequence: str) -> str:
    promoter = library_sequence("AmpR promoter" if name == AMPR else KANR_PROMOTER)
    return build(marker=promoter + random_dna(6, 1) + sequence)


@pytest.mark.parametrize("name", MARKERS)
@pytest.mark.parametrize("kind", [*BROKEN_FRAME, *REARRANGED])
def test_a_broken_marker_is_no_marker(name: str, kind: str) -> None:
    gene, rng = library_sequence(name), random.Random(kind + name)
    plasmid = with_marker(name, gene)
    edits = [(BROKEN_FRAME | REARRANGED)[kind](gene, rng) for _ in range(3)]
    at = plasmid.index(gene)
    broken = [
        turned(replaced(plasmid, gene, edit), turn, reverse)
        for edit, turn, reverse in zip(edits, (0, at + 300, at + 100), (False, False, True), strict=True)
    ]
    scores = scored(plasmid, *broken)
    assert scores.components["marker"][0] == 1.0
    assert scores.totals[0] > 0.95
    assert scores.components["marker"][1:].max() <= 0.2
    assert scores.totals[1:].max() <= 0.6
    for sequence in broken:
        assert not whole_features(sequence, "marker", name)


@pytest.mark.parametrize("name", ORIS)
@pytest.mark.parametrize("kind", list(REARRANGED))
def test_a_broken_origin_is_no_origin(name: str, kind: str) -> None:
    ori, rng = library_sequence(name), random.Random(kind + name)
    plasmid = build(ori=ori)
    edits = [REARRANGED[kind](ori, rng) for _ in range(3)]
    broken = [turned(replaced(plasmid, ori, edit), 120 + 97 * n, n == 1) for n, edit in enumerate(edits)]
    scores = scored(plasmid, *broken)
    assert scores.components["ori"][0] == 1.0
    assert scores.totals[0] > 0.95
    assert scores.components["ori"][1:].max() <= 0.4
    assert scores.totals[1:].max() <= 0.62
    for sequence in broken:
        assert not whole_features(sequence, "ori", name)


@pytest.mark.parametrize("kind", [kind for kind in (*BROKEN_FRAME, *REARRANGED) if kind != "no stop"])
def test_a_broken_gene_is_no_payload(kind: str) -> None:
    """A gene without its stop codon is fused to what follows, as many payload genes are on purpose."""
    gene = library_sequence(EGFP)
    plasmid, at = build(), build().index(gene)
    edits = [(BROKEN_FRAME | REARRANGED)[kind](gene, random.Random(f"{kind}{n}")) for n in range(3)]
    broken = [
        turned(replaced(plasmid, gene, edit), turn, reverse)
        for edit, turn, reverse in zip(edits, (0, at + 300, at + 100), (False, False, True), strict=True)
    ]
    scores = scored(plasmid, *broken)
    assert scores.components["cds"][0] == 1.0
    assert scores.components["cds"][1:].max() < 0.8  # an open frame that is left may be a shorter gene
    if kind not in ("blocks in another order", "half"):  # of which too little is left to call it EGFP
        assert scores.components["expression"][1:].max() <= 0.75
    assert scores.totals[1:].max() < scores.totals[0] - 0.05
    for sequence in broken:
        assert not whole_features(sequence, "cds", EGFP)


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("cut", [0, 400])
def test_the_message_says_what_is_broken(strand: int, cut: int) -> None:
    gene = library_sequence(AMPR)
    cases = {
        "stop codon after 50% of it": gene[:429] + "TAA" + gene[432:],
        "no start codon": "ACG" + gene[3:],
        "no stop codon": gene[:-3] + "CAA",
        "frameshift, ": gene[:30] + gene[31:60] + "A" + gene[60:],
        "changed at codon 101 to 112": gene[:300] + "GCA" * 12 + gene[336:],
        "fragment, 50% of it": gene[:430],
    }
    for words, sequence in cases.items():
        plasmid = with_marker(AMPR, sequence)
        plasmid = turned(plasmid, plasmid.index(sequence) + cut, strand < 0)
        (evaluation,) = scored(plasmid).evaluations["marker"]
        assert words in evaluation.message, (words, evaluation.message)


def test_changes_that_leave_a_part_whole() -> None:
    gene, ori = library_sequence(AMPR), library_sequence(PUC_ORI)
    silent = gene[:300] + gene[300:303].replace(gene[302], "ACGT"[("ACGT".index(gene[302]) + 2) % 4])
    silent += gene[303:]
    fine = {
        "a codon less": build(marker=with_marker(AMPR, gene[:300] + gene[303:])[708:]),
        "an alternative start codon": replaced(build(), gene, "GTG" + gene[3:]),
        "another base in a codon": replaced(build(), gene, silent),
        "three bases of the origin": replaced(
            build(), ori, ori[:300] + other_bases(ori[300:303]) + ori[303:]
        ),
    }
    for name, sequence in fine.items():
        scores = scored(sequence)
        assert scores.components["marker"][0] > 0.9, name
        assert scores.components["ori"][0] > 0.9, name


@pytest.mark.parametrize("name", ["AmpR promoter", "lacUV5 promoter", "EM7 promoter", "J23119 promoter"])
def test_a_promoter_without_its_core_is_no_promoter(name: str) -> None:
    sequence = library_sequence(name)
    found = [sequence.find(box) for box in ("TATAAT", "TATTAT", "GACAAT", "TATAGT", "TATCAT", "TAATAT")]
    box = max(found)
    assert box >= 0, "a -10 box is expected"
    destroyed = sequence[:box] + other_bases(sequence[box : box + 6]) + sequence[box + 6 :]
    spaced = sequence[: box - 8] + "GATCCTAGGC" + sequence[box - 8 :]
    flanks = random_dna(700, 1), random_dna(700, 2)
    for broken in (destroyed, spaced):
        (score,) = scored(flanks[0] + broken + flanks[1]).components["promoter"]
        assert score <= 0.6
        assert not whole_features(flanks[0] + broken + flanks[1], "promoter", name)
    assert scored(flanks[0] + sequence + flanks[1]).components["promoter"][0] == 1.0


PARTS = [*((AMPR, kind) for kind in BROKEN_FRAME), *((AMPR, kind) for kind in REARRANGED)]
PARTS += [(name, kind) for name in (PUC_ORI, EGFP) for kind in REARRANGED]
PARTS += [(EGFP, kind) for kind in BROKEN_FRAME if kind != "no stop"]


@given(st.sampled_from(PARTS), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_breaking_a_part_never_raises_the_total(
    part: tuple[str, str], seed: int, turn: int, reverse: bool
) -> None:
    name, kind = part
    plasmid, sequence = build(), library_sequence(name)
    broken = replaced(plasmid, sequence, (BROKEN_FRAME | REARRANGED)[kind](sequence, random.Random(seed)))
    before, after = scored(plasmid, turned(broken, turn, reverse)).totals
    assert after < before


@given(st.integers(0, 10**6), st.booleans(), st.sampled_from([AMPR, PUC_ORI, EGFP]), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_scores_do_not_depend_on_rotation_and_strand(turn: int, reverse: bool, name: str, seed: int) -> None:
    part = library_sequence(name)
    plasmid = replaced(build(), part, REARRANGED["inverted middle"](part, random.Random(seed)))
    plain, other = scored(plasmid), scored(turned(plasmid, turn, reverse))
    for component, scores in plain.components.items():
        assert scores == pytest.approx(other.components[component]), component
    assert plain.totals == pytest.approx(other.totals)


def test_a_real_plasmid_falls_below_the_bound_when_its_marker_or_origin_breaks() -> None:
    checked = 0
    for number, sequence in enumerate(real_plasmids()[::3]):
        (annotation,) = default_annotator().annotate([sequence])
        if not quality_control(annotation).passed:
            continue
        parts = [f for f in annotation.of_class("marker") if is_bacterial_marker(f, annotation)]
        for feature in (*parts, *filter(is_bacterial_ori, annotation.of_class("ori"))):
            if feature.defect:
                continue
            part = sequence_of(annotation.codes, feature.start, feature.span, feature.strand).decode()
            circle = turned(sequence, feature.start, False)
            edits = REARRANGED if feature.feature_class == "ori" else BROKEN_FRAME | REARRANGED
            broken = [
                replaced(circle, part, edit(part, random.Random(f"{kind}{number}")))
                for kind, edit in edits.items()
            ]
            scores = scored(sequence, *broken)
            assert scores.totals[1:].max() < scores.totals[0]
            assert scores.totals[1:].max() <= 0.62, feature.name
            checked += 1
    assert checked >= 20


@pytest.mark.parametrize("unknown", [30, 300, 1500])
@pytest.mark.parametrize("marker", MARKERS)
def test_unknown_bases_do_not_make_a_broken_gene_whole(marker: str, unknown: int) -> None:
    gene = library_sequence(marker)
    backbone = random_dna(400, 3) + library_sequence(PUC_ORI) + random_dna(400, 4)
    for broken in (gene[:300] + "N" * unknown + gene[300:], gene[: len(gene) * 2 // 3] + "N" * unknown):
        for feature_class in ("cds", "marker"):
            assert whole_features(backbone + broken, feature_class, marker) == []
