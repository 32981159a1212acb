"""Every entry of the default library is one whole part of a known kind."""

import pytest

from rewards.plasmid.annotator import Annotator
from rewards.plasmid.families import family_of
from rewards.plasmid.features import UNKNOWN_GENE
from rewards.plasmid.library.entry import LibraryFeature
from rewards.plasmid.library.store import load_library
from rewards.plasmid.library.whole_parts import LONGER, open_frame, whole_parts
from tests.rewards.plasmids import random_dna, reverse_complement

FLANK = 400
FLANKS = random_dna(FLANK - 12, 1) + "TAGTTAACTAAC", "TAACTAGTTAAC" + random_dna(FLANK - 12, 2)
"""Random bases; no reading frame is open across the end that touches the part."""


def entry(name: str, feature_class: str, sequence: str) -> LibraryFeature:
    return LibraryFeature(name, feature_class, sequence, "here")  # type: ignore[arg-type]


def test_every_entry_annotates_itself_as_one_whole_feature_of_its_class() -> None:
    features = load_library().features
    texts = [FLANKS[0] + feature.sequence + FLANKS[1] for feature in features]
    wrong = []
    for feature, annotation in zip(features, Annotator(load_library()).annotate(texts), strict=True):
        size = len(feature.sequence)
        on_it = [
            found
            for found in annotation.of_class(feature.feature_class)
            if found.start < FLANK + size
            and found.start + found.span > FLANK
            and (found.name != UNKNOWN_GENE or found.strand > 0)  # the antisense of a gene is often open
        ]
        expected = (feature.name, FLANK, size, 1, 1.0, 1.0, "")
        found = [(f.name, f.start, f.span, f.strand, f.identity, f.coverage, f.defect) for f in on_it]
        if feature.feature_class == "cds":  # the gene finder decides between start codons near each other
            is_right = [(f.name, f.strand, f.defect) for f in on_it] == [(feature.name, 1, "")]
            is_right = is_right and on_it[0].start >= FLANK and on_it[0].span >= 0.85 * size
        else:
            is_right = found == [expected]
        if not is_right:
            wrong.append((expected, found))
    assert wrong == []


def test_every_origin_and_marker_has_a_known_family_and_host() -> None:
    kinds = {
        (feature.feature_class, feature.name): family_of(feature.name, feature.feature_class)
        for feature in load_library().features
        if feature.feature_class in ("ori", "marker")
    }
    assert len(kinds) >= 60
    assert [key for key, family in kinds.items() if "unknown" in family] == []
    bacterial = {kind.name for (cls, _), kind in kinds.items() if cls == "ori" and kind.host == "bacterial"}
    assert bacterial >= {"ColE1", "p15A", "pSC101", "RK2", "pBBR1", "RSF1010", "R6K", "CloDF13", "F", "pVS1"}
    others = {kind.name for (cls, _), kind in kinds.items() if cls == "ori" and kind.host != "bacterial"}
    assert others == {"f1", "yeast", "viral"}


@pytest.mark.parametrize(
    ("name", "feature_class", "family", "host"),
    [
        ("pRO1600 ori", "ori", "pRO1600", "bacterial"),
        ("M13 origin", "ori", "f1", "phage"),
        ("2µ ori", "ori", "yeast", "eukaryotic"),
        ("oriP (EBV)", "ori", "viral", "eukaryotic"),
        ("blaTEM-116", "marker", "ampicillin", "bacterial"),
        ("NeoR/KanR (nptII)", "marker", "kanamycin", "dual"),
        ("KanR (aph(3')-Ia)", "marker", "kanamycin", "bacterial"),
        ("URA3", "marker", "auxotrophy", "eukaryotic"),
        ("SV40 early promoter", "promoter", "eukaryotic", "eukaryotic"),
        ("J23119 promoter", "promoter", "bacterial", "bacterial"),
        ("my own origin", "ori", "unknown", "unknown"),
        ("EGFP", "cds", "unknown", "unknown"),
    ],
)
def test_family_and_host_of_a_name(name: str, feature_class, family: str, host: str) -> None:
    assert family_of(name, feature_class) == (family, host)


def test_no_origin_or_gene_of_the_library_is_a_piece_of_another_or_holds_one() -> None:
    import edlib

    features = [f for f in load_library().features if f.feature_class in ("ori", "marker", "cds")]
    for one in features:
        for other in features:
            if one.feature_class != other.feature_class or len(other.sequence) <= LONGER * len(one.sequence):
                continue
            for text in (one.sequence, reverse_complement(one.sequence)):
                edits = int(0.1 * len(text))
                found = edlib.align(text, other.sequence, mode="HW", task="distance", k=edits)
                assert found["editDistance"] < 0, f"{one.name} is in {other.name}"


def test_open_frames() -> None:
    gene = "ATGGCTAAACTGGAA"
    assert open_frame(gene + "TAA", True) == open_frame(gene + "TAATGA", True) == gene + "TAA"
    assert open_frame(gene, False) == gene
    for broken in (gene, gene[3:] + "TAA", gene + "A", "ATGTAAGCTTAA", "TAATAA", ""):
        assert open_frame(broken, True) == ""


def test_only_whole_parts_are_taken_in() -> None:
    gene = (
        "ATG" + "".join(["GCT", "AAA", "CTG", "GAA", "ACC", "GTT", "CAT"][i % 7] for i in range(130)) + "TAA"
    )
    ori, second = random_dna(600, 3), random_dna(500, 4)
    kept = whole_parts(
        [
            entry("gene", "marker", gene),
            entry("piece of the gene", "marker", "ATG" + gene[60:]),
            entry("stop inside", "marker", gene[:90] + "TAA" + gene[93:]),
            entry("no start", "cds", "GCT" * 50),
            entry("on the other strand", "cds", reverse_complement("ATG" + "GCTTGC" * 40 + "TAA")),
            entry("ori", "ori", ori),
            entry("piece of the ori", "ori", ori[50:300]),
            entry("ori and more", "ori", ori + random_dna(500, 5)),
            entry("pSecond/First", "ori", second + ori),
            entry("promoter", "promoter", random_dna(60, 6)),
        ]
    )
    assert [f.name for f in kept] == [
        "gene",
        "on the other strand",
        "ori",
        "pSecond ori",
        "promoter",
    ]
    assert kept[1].sequence == "ATG" + "GCTTGC" * 40 + "TAA"
    assert kept[3].sequence == second
