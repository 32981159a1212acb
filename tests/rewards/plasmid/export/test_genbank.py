"""GenBank files: their text, and what Biopython reads back."""

import io
from pathlib import Path
from typing import Any

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from hypothesis import given, settings

from rewards.explain import Explained
from rewards.plasmid.export.genbank import GenBank
from rewards.plasmid.features import Feature
from rewards.plasmid.map.colours import COLOURS
from rewards.plasmid.shown import label_of, shown_features, shown_name
from tests.rewards.plasmid.export.records import (
    GENE,
    each_awkward_name,
    explained_records,
    feature,
    real_records,
    record,
    written,
)

EXPECTED = """\
LOCUS       my_plasmid                12 bp    DNA     circular SYN 01-JAN-1980
DEFINITION  my plasmid.
ACCESSION   my_plasmid
VERSION     my_plasmid
KEYWORDS    .
SOURCE      synthetic DNA construct
  ORGANISM  synthetic DNA construct
            .
COMMENT     Name: my plasmid
            Quality control: not passed: 0 whole bacterial origins
            Total score: 0.500
            ori: 0.250 (weight 1) about ori
            gc: unscored (weight 1) about gc
FEATURES             Location/Qualifiers
     CDS             join(7..12,1..6)
                     /label="CmR (cat)"
                     /gene="cat"
                     /product="CmR (cat)"
                     /codon_start=1
                     /transl_table=11
                     /translation="MKR"
                     /ApEinfo_fwdcolor="#ccffcc"
                     /ApEinfo_revcolor="#ccffcc"
                     /note="identity 100.0%, coverage 100.0%"
                     /note="color: #ccffcc; direction: RIGHT"
     regulatory      complement(2..5)
                     /label="CMV enhancer (fragment)"
                     /regulatory_class="enhancer"
                     /ApEinfo_fwdcolor="#ffffff"
                     /ApEinfo_revcolor="#ffffff"
                     /note="identity 100.0%, coverage 50.0%"
                     /note="fragment, 50% of it"
                     /note="color: #ffffff; direction: LEFT"
ORIGIN
        1 cgctaaatga aa
//
"""


def read(text: str) -> Any:
    return SeqIO.read(io.StringIO(text), "genbank")


def genbank(explained: Explained) -> Any:
    return read(GenBank().text(explained))


def test_a_small_record(tmp_path: Path) -> None:
    sequence = GENE[6:] + GENE[:6]
    features = [
        feature("CmR (cat)", "marker", 6, 12, 12),
        feature("CmR (cat)", "cds", 6, 12, 12),
        feature("CMV enhancer", "promoter", 1, 4, 12, -1, 0.5, "fragment, 50% of it"),
    ]
    explained = record(sequence, features, "my plasmid", scores={"ori": 0.25, "gc": None})
    assert written(tmp_path, "a.gb", explained) == EXPECTED
    assert written(tmp_path, "a.GBK", explained, explained) == EXPECTED * 2


@pytest.mark.parametrize(
    ("feature_class", "name", "key"),
    [
        ("ori", "p15A ori", "rep_origin"),
        ("promoter", "lac promoter", "promoter"),
        ("promoter", "CMV enhancer+promoter", "promoter"),
        ("terminator", "T7 terminator", "terminator"),
        ("terminator", "SV40 poly(A) signal", "regulatory"),
        ("marker", "AmpR (bla)", "CDS"),
        ("cds", "EGFP", "CDS"),
        ("other", "Lentiviral 3' LTR (dU3)", "LTR"),
    ],
)
def test_keys_are_those_of_insdc(feature_class, name: str, key: str) -> None:
    (found,) = genbank(record(GENE, [feature(name, feature_class, 0, 12, 12)])).features
    assert found.type == key
    assert found.qualifiers["label"] == [name]
    colour = COLOURS["ltr" if feature_class == "other" else feature_class]
    assert found.qualifiers["ApEinfo_fwdcolor"] == [colour]
    assert found.qualifiers["note"][-1] == f"color: {colour}; direction: RIGHT"
    assert found.qualifiers.get("regulatory_class") == (
        ["polyA_signal_sequence"] if key == "regulatory" else None
    )


@pytest.mark.parametrize(
    ("name", "gene"),
    [("AmpR (bla)", "bla"), ("KanR (aph(3')-Ia)", None), ("lacI", "lacI"), ("EGFP", None), ("araC", "araC")],
)
def test_gene_symbols_are_taken_from_names(name: str, gene: str | None) -> None:
    (found,) = genbank(record(GENE, [feature(name, "cds", 0, 12, 12)])).features
    assert found.qualifiers.get("gene") == (gene and [gene])
    assert found.qualifiers["product"] == [name]


@pytest.mark.parametrize(
    ("sequence", "name", "protein", "table"),
    [
        ("ATGAAACGCTAA", "CDS", "MKR", "11"),
        ("GTGAAACGCTAA", "CDS", "MKR", "11"),
        ("GTGAAACGCTAA", "URA3", "VKR", "1"),  # no start codon of the standard code
        ("AAACGC", "EGFP", "KR", "11"),  # inside a fusion: neither start nor stop
        ("ATGTAACGCTAA", "CDS", None, None),
        ("ATGAAACGCTA", "CDS", None, None),
        ("ATGNAACGCTAA", "CDS", None, None),
    ],
)
def test_only_a_whole_frame_is_translated(sequence, name, protein, table) -> None:
    feature_class = "marker" if name == "URA3" else "cds"
    whole = feature(name, feature_class, 0, len(sequence), len(sequence))
    (found,) = genbank(record(sequence, [whole])).features
    assert found.qualifiers.get("translation") == (protein and [protein])
    assert found.qualifiers.get("transl_table") == (table and [table])
    assert "pseudo" not in found.qualifiers


def test_a_gene_that_does_not_work_is_marked() -> None:
    broken = feature("EGFP", "cds", 0, 12, 12, defect="stop codon after 35% of it")
    (found,) = genbank(record(GENE, [broken])).features
    assert found.qualifiers["label"] == ["EGFP (broken)"]
    assert "pseudo" in found.qualifiers
    assert "translation" not in found.qualifiers
    assert "broken: stop codon after 35% of it" in found.qualifiers["note"]


def assert_same(explained: Explained, found: Any) -> None:
    """The record that was read has the sequence, topology and features of the one that was written."""
    assert str(found.seq).upper() == explained.record.sequence.upper()
    assert found.annotations["topology"] == explained.topology
    features = shown_features(explained.annotation)
    assert len(found.features) == len(features)
    for one, other in zip(features, found.features, strict=True):
        assert places(one, explained.annotation.length) == [int(place) for place in other.location]
        assert other.location.strand == one.strand
        assert "".join(other.qualifiers["label"][0].split()) == "".join(label_of(one).split())


def places(one: Feature, length: int) -> list[int]:
    """Positions of the bases of a feature in reading order."""
    along = [(one.start + step) % length for step in range(one.span)]
    return along if one.strand > 0 else along[::-1]


@given(explained_records())
@settings(deadline=None)
def test_what_is_written_is_read_back(explained: Explained) -> None:
    assert_same(explained, genbank(explained))


def test_real_plasmids_are_read_back() -> None:
    translated = 0
    for explained in real_records():
        found = genbank(explained)
        assert_same(explained, found)
        for one in found.features:
            if "translation" in one.qualifiers:
                translated += 1
                protein = str(Seq(one.extract(found.seq)).translate(one.qualifiers["transl_table"][0]))
                assert protein[1:].removesuffix("*") == one.qualifiers["translation"][0][1:]
    assert translated > 15


@each_awkward_name
def test_names_are_cut_for_the_locus_and_kept_in_the_definition(name: str) -> None:
    found = genbank(record(GENE, [feature(name, "ori", 0, 4, 12)], name))
    assert 0 < len(found.name) <= 16
    assert found.name.isascii()
    if name != "\ud800":
        assert found.description.rstrip(".").split() == shown_name(name).rstrip(".").split()


def test_letters_that_are_no_bases_keep_the_positions() -> None:
    found = genbank(record("AC😀GU-\tT", [feature("lac promoter", "promoter", 7, 1, 8)]))
    assert str(found.seq) == "ACNGNNNT"
    assert found.features[0].extract(found.seq) == "T"


def test_an_empty_sequence_has_a_record() -> None:
    assert "LOCUS       p1                         0 bp" in GenBank().text(record(""))
