"""Small parts and open reading frames are found on both strands and across the origin; no score changes."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.plasmid.annotator import Annotation, Annotator, default_annotator
from rewards.plasmid.engine.bases import encode, reverse_complement_text
from rewards.plasmid.features import Feature
from rewards.plasmid.library.store import load_library
from rewards.plasmid.parts.classes import PART_CLASSES
from rewards.plasmid.parts.find import PartFinder
from rewards.plasmid.parts.frames import find_orfs
from rewards.plasmid.parts.sources import Part, known_parts

LOXP = "ATAACTTCGTATAGCATACATTATACGAAGTTAT"
M13_FWD = "GTAAAACGACGGCCAGT"
FLAG = "GATTATAAAGATGATGATGATAAA"
CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
SENSE = [codon for codon in CODONS if codon not in ("TAA", "TAG", "TGA", "ATG")]
FINDER = PartFinder()


def random_dna(length: int, seed: int) -> str:
    return "".join(random.Random(seed).choices("ACGT", k=length))


def annotated(sequence: str, circular: bool = True) -> Annotation:
    (annotation,) = Annotator(load_library(), circular).annotate([sequence])
    return annotation


def found(sequence: str, circular: bool = True) -> tuple[Feature, ...]:
    return FINDER.find(annotated(sequence, circular))


@pytest.mark.parametrize(
    ("sequence", "name", "kind"),
    [
        (LOXP, "loxP", "recombination"),
        (M13_FWD, "M13 fwd", "primer"),
        (FLAG, "FLAG", "tag"),
        ("TCCCTATCAGTGATAGAGA", "tet operator", "operator"),
        ("GGAGGTGGAGGTTCTGGCGGTGGCGGTTCA", "glycine-serine linker", "linker"),
    ],
)
@pytest.mark.parametrize("strand", [1, -1])
def test_a_part_is_found_where_it_is(sequence: str, name: str, kind: str, strand: int) -> None:
    text = sequence if strand > 0 else reverse_complement_text(sequence)
    plasmid = random_dna(1_000, 1) + text + random_dna(1_000, 2)
    (part,) = [part for part in found(plasmid) if part.kind == kind]
    assert part.name.startswith(name)
    assert (part.start, part.end, part.span) == (1_000, 1_000 + len(text), len(text))
    assert part.strand == strand or sequence == reverse_complement_text(sequence) or kind == "recombination"


@pytest.mark.parametrize("sequence", [LOXP, M13_FWD, FLAG])
def test_a_part_across_the_origin_is_found_on_a_circle_only(sequence: str) -> None:
    middle = random_dna(2_000, 3)
    plasmid = sequence[7:] + middle + sequence[:7]
    (part,) = [part for part in found(plasmid) if part.span == len(sequence)]
    assert (part.start, part.end) == (len(plasmid) - 7, len(sequence) - 7)
    assert not [part for part in found(plasmid, circular=False) if part.span == len(sequence)]


def test_a_long_part_may_differ_a_little_and_a_short_one_may_not() -> None:
    changed = LOXP[:16] + ("A" if LOXP[16] != "A" else "C") + LOXP[17:]
    (part,) = [p for p in found(random_dna(900, 4) + changed) if p.kind == "recombination"]
    assert part.identity == pytest.approx(33 / 34)
    primer = M13_FWD[:8] + ("A" if M13_FWD[8] != "A" else "C") + M13_FWD[9:]
    assert not [p for p in found(random_dna(900, 4) + primer) if p.kind == "primer"]


def test_an_unknown_base_matches_no_letter_of_a_short_part() -> None:
    assert not [p for p in found(random_dna(900, 5) + M13_FWD[:5] + "N" + M13_FWD[6:]) if p.kind == "primer"]


def test_an_open_reading_frame_is_reported_from_a_hundred_codons_on() -> None:
    rng = random.Random(6)
    body = "".join(rng.choices([codon for codon in SENSE if codon[0] == "G" or codon[2] == "C"], k=99))
    spacer = "TAACTAGCTAA" * 40
    orf = f"ATG{body}TAA"
    codes = encode(spacer + orf + spacer)
    (feature,) = find_orfs(Annotation(codes, True, ()))
    assert (feature.name, feature.start, feature.span, feature.strand) == (
        "ORF, 100 codons",
        len(spacer),
        303,
        1,
    )
    (feature,) = find_orfs(Annotation(encode(reverse_complement_text(spacer + orf + spacer)), True, ()))
    assert (feature.start, feature.strand) == (len(spacer), -1)
    assert not find_orfs(Annotation(encode(spacer + orf[:3] + orf[6:] + spacer), True, ()))
    across = orf[100:] + spacer + orf[:100]
    (feature,) = find_orfs(Annotation(encode(across), True, ()))
    assert (feature.start, feature.end) == (len(across) - 100, 203)
    assert not find_orfs(Annotation(encode(across), False, ()))


def test_a_frame_that_a_gene_explains_is_not_reported() -> None:
    rng = random.Random(7)
    orf = "ATG" + "".join(rng.choices(SENSE, k=120)) + "TAA"
    codes = encode("TAACTAGCTAA" * 30 + orf + "TAACTAGCTAA" * 30)
    (frame,) = find_orfs(Annotation(codes, True, ()))
    gene = frame._replace(feature_class="cds", kind="", name="gene")
    assert find_orfs(Annotation(codes, True, (gene,))) == []


def test_a_kozak_sequence_counts_only_before_a_start_codon() -> None:
    gene = Feature("gene", "cds", 106, 706, 1, 600, 1.0, 1.0, False)
    sequence = random_dna(100, 8).replace("AGGAG", "ACCAC") + "GCCACCATG" + random_dna(1_000, 9)
    with_gene = FINDER.find(Annotation(encode(sequence), True, (gene,)))
    assert [(p.name, p.start, p.span) for p in with_gene if p.kind == "rbs"] == [("Kozak sequence", 100, 6)]
    assert not [p for p in FINDER.find(Annotation(encode(sequence), True, ())) if p.name == "Kozak sequence"]


@pytest.mark.parametrize(
    ("distance", "is_found"), [(3, False), (4, True), (8, True), (12, True), (13, False)]
)
@pytest.mark.parametrize("strand", [1, -1])
def test_a_shine_dalgarno_sequence_stands_four_to_twelve_bases_before_a_start(
    distance: int, is_found: bool, strand: int
) -> None:
    before = "T" * 60 + "AGGAGG" + "T" * distance
    sequence = before + "ATG" + "C" * 597 + "T" * 300
    start = len(before)
    if strand < 0:
        sequence, start = reverse_complement_text(sequence), len(sequence) - start - 600
    gene = Feature("gene", "cds", start, start + 600, strand, 600, 1.0, 1.0, False)
    parts = [p for p in FINDER.find(Annotation(encode(sequence), True, (gene,))) if p.kind == "rbs"]
    assert [p.strand for p in parts] == ([strand] if is_found else [])
    if is_found:
        assert parts[0].start == (60 if strand > 0 else len(sequence) - 66)


@given(st.text("ACGTN", max_size=400), st.booleans())
@settings(deadline=None, max_examples=60)
def test_places_are_on_the_molecule_and_the_annotation_is_not_changed(sequence: str, circular: bool) -> None:
    annotation = annotated(sequence, circular)
    before = annotation.features
    for part in FINDER.find(annotation):
        assert part.kind in PART_CLASSES
        assert 0 <= part.start < len(sequence)
        assert 0 < part.end <= len(sequence)
        assert 0 < part.span <= len(sequence)
        assert (part.end - part.start - part.span) % len(sequence) == 0
        assert circular or part.start < part.end
    assert annotation.features == before


def test_parts_turn_with_the_molecule() -> None:
    plasmid = random_dna(700, 10) + LOXP + random_dna(500, 11) + FLAG + M13_FWD + random_dna(800, 12)
    wanted = sorted((p.name, p.start, p.span, p.strand) for p in found(plasmid))
    turned = plasmid[900:] + plasmid[:900]
    assert sorted((p.name, (p.start + 900) % len(plasmid), p.span, p.strand) for p in found(turned)) == wanted


def test_every_known_part_has_a_class_and_a_source() -> None:
    for part in known_parts():
        assert part.part_class in PART_CLASSES
        assert part.source
    assert {part.part_class for part in known_parts()} >= set(PART_CLASSES) - {"orf", "ltr"}


def test_rewards_see_no_part() -> None:
    (annotation,) = default_annotator().annotate([random_dna(900, 13) + LOXP + M13_FWD])
    assert annotation.parts == ()
    assert all(feature.kind == "" for feature in annotation.features)


def test_a_molecule_of_300_kilobases_is_searched() -> None:
    sequence = random_dna(150_000, 14) + LOXP + random_dna(150_000, 15) + M13_FWD
    parts = [p for p in found(sequence) if p.kind in ("recombination", "primer")]
    assert [(p.name, p.start) for p in parts] == [("loxP", 150_000), ("M13 fwd", 300_034)]


def test_an_own_part_wins_over_a_known_one_at_its_place() -> None:
    own = Part("our lox", "recombination", "dna", LOXP, "own")
    parts = PartFinder([own]).find(annotated(random_dna(900, 16) + LOXP))
    assert [p.name for p in parts if p.kind == "recombination"] == ["our lox"]
