"""The annotator on planted features: position, strand, coverage, and false positives."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.plasmid.annotator import Annotation, Annotator
from rewards.plasmid.engine.index import allowed_mismatches
from rewards.plasmid.features import Feature
from rewards.plasmid.library.store import load_library
from tests.rewards.plasmids import (
    AMPR,
    EGFP,
    LAC,
    PUC_ORI,
    T7_TERMINATOR,
    designed_plasmid,
    library_sequence,
    random_dna,
    real_plasmids,
    reverse_complement,
    substituted,
)

PLANTED = [AMPR, PUC_ORI, EGFP, LAC, T7_TERMINATOR, "T7 promoter", "CMV promoter", "tonB terminator"]


@cache
def shared_annotator() -> Annotator:
    return Annotator(load_library())


def annotate(sequence: str) -> Annotation:
    (annotation,) = shared_annotator().annotate([sequence])
    return annotation


def found(annotation: Annotation, name: str) -> list[Feature]:
    return [f for f in annotation.features if f.name == name and (f.feature_class != "cds" or name == EGFP)]


def comparable(annotation: Annotation, turn: int = 0, reverse: bool = False) -> set[tuple[object, ...]]:
    """The features in coordinates of the sequence before it was rotated and reverse-complemented."""
    length = annotation.length
    result: set[tuple[object, ...]] = set()
    for f in annotation.features:
        start, strand = f.start, f.strand
        if reverse:
            start, strand = (length - f.start - f.span) % length, -f.strand
        place = (start + turn) % length
        result.add((f.name, f.feature_class, place, f.span, strand, f.identity, f.coverage, f.reading))
    return result


@pytest.mark.parametrize("name", PLANTED)
@pytest.mark.parametrize("strand", [1, -1])
def test_a_planted_feature_is_found_at_its_position(name: str, strand: int) -> None:
    feature = library_sequence(name)
    planted = feature if strand > 0 else reverse_complement(feature)
    sequence = random_dna(700, 1) + planted + random_dna(900, 2)
    (hit,) = found(annotate(sequence), name)
    assert (hit.start, hit.end, hit.span, hit.strand) == (700, 700 + len(feature), len(feature), strand)
    assert (hit.identity, hit.coverage, hit.fragment, hit.reading) == (1.0, 1.0, False, 1.0)


@pytest.mark.parametrize("name", PLANTED)
def test_a_feature_across_the_origin_has_wrapped_coordinates(name: str) -> None:
    feature = library_sequence(name)
    cut = len(feature) // 3
    sequence = feature[cut:] + random_dna(1500, 3) + feature[:cut]
    (hit,) = found(annotate(sequence), name)
    assert (hit.start, hit.end) == (len(sequence) - cut, len(feature) - cut)
    assert hit.end < hit.start
    assert hit.span == len(feature)


def test_a_linear_sequence_has_no_features_across_its_ends() -> None:
    feature = library_sequence(PUC_ORI)
    sequence = feature[300:] + random_dna(1500, 3) + feature[:300]
    (line,) = Annotator(load_library(), circular=False).annotate([sequence])
    pieces = found(line, PUC_ORI)
    assert sorted((hit.start, hit.end) for hit in pieces) == [
        (0, len(feature) - 300),
        (len(sequence) - 300, len(sequence)),
    ]
    assert all(hit.fragment for hit in pieces)


def test_both_strands_of_a_linear_sequence_have_the_same_features() -> None:
    sequence = random_dna(300, 1) + designed_plasmid()
    annotator = Annotator(load_library(), circular=False)
    line, other = annotator.annotate([sequence, reverse_complement(sequence)])
    assert comparable(line) == comparable(other, reverse=True)


def test_identity_is_the_share_of_matching_bases() -> None:
    feature = library_sequence(PUC_ORI)
    changed = list(feature)
    for place in (50, 150, 250, 350, 450, 550):
        changed[place] = "A" if feature[place] != "A" else "C"
    (hit,) = found(annotate(random_dna(500, 1) + "".join(changed) + random_dna(500, 2)), PUC_ORI)
    assert hit.identity == pytest.approx(1 - 6 / len(feature))
    assert hit.span == len(feature)


def test_insertions_and_deletions_are_bridged() -> None:
    feature = library_sequence(PUC_ORI)
    changed = feature[:200] + feature[203:400] + "TTAGC" + feature[400:]
    (hit,) = found(annotate(random_dna(500, 1) + changed + random_dna(500, 2)), PUC_ORI)
    assert (hit.start, hit.span) == (500, len(changed))
    assert hit.coverage == 1.0
    assert 0.97 < hit.identity < 1.0


@pytest.mark.parametrize("keep", ["left", "right"])
def test_features_cut_to_60_percent_are_found_as_fragments(keep: str) -> None:
    total = hits = 0
    for number, feature in enumerate(load_library().features):
        if feature.feature_class == "cds":
            continue
        kept = round(0.6 * len(feature.sequence))
        piece = feature.sequence[:kept] if keep == "left" else feature.sequence[-kept:]
        sequence = random_dna(800, number) + piece + random_dna(800, 1000 + number)
        total += 1
        hits += any(
            hit.feature_class == feature.feature_class
            and hit.start < 800 + kept
            and hit.start + hit.span > 800
            and (hit.fragment or hit.name != feature.name)
            for hit in annotate(sequence).features
        )
    assert hits / total >= 0.9


def test_random_dna_has_almost_no_features() -> None:
    annotations = shared_annotator().annotate([random_dna(5000, seed) for seed in range(400)])
    features = [feature for annotation in annotations for feature in annotation.features]
    assert sum(feature.feature_class != "cds" for feature in features) / 400 < 0.01
    assert sum(feature.feature_class == "cds" for feature in features) / 400 <= 0.6


@pytest.mark.parametrize("gc", [0.3, 0.7])
def test_random_dna_with_biased_gc_has_almost_no_features(gc: float) -> None:
    rng = random.Random(2)
    weights = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    sequences = ["".join(rng.choices("ACGT", weights, k=5000)) for _ in range(200)]
    features = [f for a in shared_annotator().annotate(sequences) for f in a.features]
    assert sum(feature.feature_class != "cds" for feature in features) / 200 <= 0.02


def test_mutated_plasmids_keep_their_features() -> None:
    kept = total = 0
    for seed, sequence in enumerate(real_plasmids()):
        classes = [f.feature_class for f in annotate(sequence).features if f.feature_class != "cds"]
        noisy = [f.feature_class for f in annotate(substituted(sequence, 0.05, seed)).features]
        for name in set(classes):
            total += classes.count(name)
            kept += min(noisy.count(name), classes.count(name))
    assert kept / total > 0.95


@given(st.integers(0, 10**6), st.booleans(), st.integers(0, 40))
@settings(max_examples=120, deadline=None)
def test_features_do_not_depend_on_rotation_and_strand(turn: int, reverse: bool, number: int) -> None:
    sequence = real_plasmids()[number]
    turn %= len(sequence)
    turned = sequence[turn:] + sequence[:turn]
    other = reverse_complement(turned) if reverse else turned
    assert comparable(annotate(other), turn, reverse) == comparable(annotate(sequence))


@given(st.text("ACGTN", min_size=1, max_size=400), st.integers(0, 400), st.booleans())
@settings(max_examples=150, deadline=None)
def test_features_of_short_texts_do_not_depend_on_rotation_and_strand(
    text: str, turn: int, reverse: bool
) -> None:
    turn %= len(text)
    turned = text[turn:] + text[:turn]
    other = turned.translate(str.maketrans("ACGT", "TGCA"))[::-1] if reverse else turned
    assert comparable(annotate(other), turn, reverse) == comparable(annotate(text))


def test_a_gene_across_the_origin_is_found_as_one() -> None:
    gene = "ATG" + "".join(random.Random(4).choices(["GCT", "AAA", "CTG", "GAA", "ACC"], k=300)) + "TAA"
    for cut in (1, 100, 500, 900):
        sequence = gene[cut:] + random_dna(2000, 8) + gene[:cut]
        calls = [f for f in annotate(sequence).features if f.feature_class == "cds" and f.span >= 600]
        assert [(f.start, f.end, f.strand) for f in calls] == [(len(sequence) - cut, len(gene) - cut, 1)]


def test_an_endless_open_reading_frame_is_found_at_most_once() -> None:
    sequence = (
        "ATG" + "GCC" * 500 + "GC"
    )  # the length is no multiple of three, so the frame shifts on each turn
    assert len([f for f in annotate(sequence).features if f.feature_class == "cds"]) <= 1


def test_reading_is_the_intact_share_of_the_reading_frame() -> None:
    gene = library_sequence(AMPR)
    middle = 3 * (len(gene) // 6)
    cases = {
        "intact": gene,
        "stop": gene[:middle] + "TAA" + gene[middle + 3 :],
        "frameshift": gene[:middle] + gene[middle + 1 :],
        "codon lost": gene[:middle] + gene[middle + 3 :],
        "no start": "CTC" + gene[3:],
    }
    reading = {}
    for name, text in cases.items():
        sequence = random_dna(600, 3) + "TAATTAATTAG" + text + random_dna(600, 4)
        (hit,) = found(annotate(sequence), AMPR)
        reading[name] = hit.reading
    assert reading["intact"] == reading["codon lost"] == 1.0
    assert 0.45 < reading["stop"] < 0.55
    assert 0.45 < reading["frameshift"] < 0.6
    assert reading["no start"] < 1.0


def test_a_gene_with_internal_stops_is_found_in_parts() -> None:
    sequence = next(
        s for s in real_plasmids() if any(f.span > 900 and f.name == "CDS" for f in annotate(s).features)
    )
    gene = max((f for f in annotate(sequence).features if f.name == "CDS"), key=lambda f: f.span)
    at = (
        gene.start + 3 * (gene.span // 6)
        if gene.strand > 0
        else gene.start + gene.span - 3 * (gene.span // 6) - 3
    )
    stop = "TAATAG" if gene.strand > 0 else "CTATTA"
    broken = [
        f for f in annotate(sequence[:at] + stop + sequence[at + 6 :]).features if f.feature_class == "cds"
    ]
    parts = [f for f in broken if f.start < gene.start + gene.span and f.start + f.span > gene.start]
    assert parts
    assert sum(f.span for f in parts) < 1.2 * gene.span


def test_tandem_copies_are_counted_one_by_one() -> None:
    feature = library_sequence(PUC_ORI)
    hits = found(annotate(feature * 12 + random_dna(500, 2)), PUC_ORI)
    assert [hit.start for hit in hits] == [len(feature) * i for i in range(12)]
    t7 = library_sequence("T7 promoter") + "A"
    assert len([f for f in annotate(t7 * 555).features if f.feature_class == "promoter"]) == 555


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "ACG",
        "acgt" * 300,
        "ACGTRYSWKMBDHVN" * 100,
        "😀" * 500,
        "A" * 20_000,
        "AT" * 5000,
        "N" * 1000,
        "ATG" * 3000,
        "ATGTAA" * 2000,
        "\n \t\0" * 50,
        random_dna(1_000_000, 1),
        "\ud800 unpaired",
    ],
    ids=lambda text: f"{text[:6]!a} {len(text)}",
)
def test_no_text_raises(text: str) -> None:
    annotation = annotate(text)
    assert annotation.length == len(text)


def test_lower_case_dna_has_the_same_features() -> None:
    sequence = designed_plasmid()
    assert annotate(sequence.lower()).features == annotate(sequence).features


def test_a_batch_keeps_its_order_with_any_number_of_workers() -> None:
    sequences = [*real_plasmids(), "", "ACGT", *real_plasmids()[:5]]
    alone = [Annotator(load_library()).annotate([sequence])[0].features for sequence in sequences]
    for workers in (1, 2, 4):
        together = Annotator(load_library(), workers=workers).annotate(sequences)
        assert [annotation.features for annotation in together] == alone
    assert Annotator(load_library()).annotate([]) == []


def test_equal_sequences_are_annotated_once() -> None:
    annotator = Annotator(load_library())
    first, second = annotator.annotate([designed_plasmid()] * 2)
    assert first is second
    assert annotator.annotate([designed_plasmid()])[0] is first


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewards.plasmid.annotator.CACHED_BYTES", 10_000)
    annotator = Annotator(load_library())
    first = annotator.annotate([random_dna(4000, seed) for seed in range(4)])
    again = annotator.annotate([random_dna(4000, seed) for seed in range(4)])
    assert [a.features for a in first] == [a.features for a in again]
    assert again[0] is not first[0]  # it was evicted from the cache


def test_the_cache_is_bounded_for_short_sequences_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rewards.plasmid.annotator.CACHED_BYTES", 10_000)
    annotator = Annotator(load_library())
    tiny = [random_dna(10, seed) for seed in range(40)]
    first, later = annotator.annotate(tiny)[0], annotator.annotate(tiny[-1:])[0]
    assert annotator.annotate(tiny[-1:])[0] is later
    assert annotator.annotate(tiny[:1])[0] is not first


def test_allowed_mismatches_follow_the_false_positive_budget() -> None:
    assert {n: allowed_mismatches(n) for n in (12, 16, 17, 18, 19, 20, 24, 31)} == {
        12: -1,
        16: 1,
        17: 1,
        18: 2,
        19: 2,
        20: 3,
        24: 3,
        31: 5,
    }


def test_workers_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Annotator(load_library(), workers=0)
