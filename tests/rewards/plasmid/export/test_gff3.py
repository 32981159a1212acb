"""GFF3 files: their text and the rules of the specification."""

import re
from pathlib import Path
from urllib.parse import unquote

from hypothesis import given, settings

from rewards.explain import Explained
from rewards.plasmid.export.gff3 import Gff3
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
##gff-version 3
##sequence-region my%20plasmid 1 12
my%20plasmid	sweepfarm	region	1	12	.	+	.	ID=molecule1;Name=my plasmid;Is_circular=true
my%20plasmid	sweepfarm	enhancer	2	5	.	-	.	ID=molecule1.1;Name=CMV enhancer (fragment);\
identity=1.0000;coverage=0.5000;color=#ffffff;Note=fragment%2C 50%25 of it
my%20plasmid	sweepfarm	CDS	7	18	.	+	0	ID=molecule1.2;Name=CmR (cat);\
identity=1.0000;coverage=1.0000;color=#ccffcc
##sequence-region p2 1 12
p2	sweepfarm	region	1	12	.	+	.	ID=molecule2;Name=p2
"""


def test_a_feature_across_the_origin_ends_behind_the_length(tmp_path: Path) -> None:
    features = [
        feature("CMV enhancer", "promoter", 1, 4, 12, -1, 0.5, "fragment, 50% of it"),
        feature("CmR (cat)", "marker", 6, 12, 12),
    ]
    circle = record(GENE[6:] + GENE[:6], features, "my plasmid")
    line = record(GENE, name="p2", circular=False)
    assert written(tmp_path, "a.gff3", circle, line) == EXPECTED


def test_a_gene_that_is_not_read_in_frame_is_a_pseudogene() -> None:
    rows = parsed(Gff3().text(record(GENE, [feature("EGFP", "cds", 0, 12, 12, defect="no start codon")])))
    assert [(row[2], row[7]) for row, _ in rows] == [("region", "."), ("pseudogene", ".")]


def parsed(text: str) -> list[tuple[list[str], dict[str, str]]]:
    """Columns and attributes of each row, by the rules of the specification."""
    rows = []
    for line in text.split("\n")[:-1]:
        if not line.startswith("#"):
            columns = line.split("\t")
            assert len(columns) == 9
            pairs = [pair.split("=") for pair in columns[8].split(";")]
            assert all(len(pair) == 2 for pair in pairs)
            rows.append((columns, {unquote(key): unquote(value) for key, value in pairs}))
    return rows


def assert_same(explained: Explained, text: str) -> None:
    (region, about), *rows = parsed(text)
    length = explained.annotation.length
    assert (about.get("Is_circular") == "true") == explained.record.circular
    assert about["Name"] == shown_name(explained.record.id)
    assert (int(region[3]), int(region[4])) == (1, length)
    assert re.fullmatch(r"([a-zA-Z0-9.:^*$@!+_?|-]|%[0-9A-F]{2})+", region[0])
    features = shown_features(explained.annotation)
    for (row, attributes), one in zip(rows, features, strict=True):
        start, end = int(row[3]), int(row[4])
        assert row[0] == region[0]
        assert 1 <= start <= end
        assert start <= length
        assert end <= (2 * length if explained.record.circular else length)
        assert (start - 1, end - start + 1, row[6]) == (one.start, one.span, "+" if one.strand > 0 else "-")
        assert (row[2] == "CDS") == (row[7] == "0")
        assert attributes["Name"] == label_of(one)
    ids = [attributes["ID"] for _, attributes in rows]
    assert len({about["ID"], *ids}) == len(ids) + 1


@given(explained_records())
@settings(deadline=None)
def test_what_is_written_is_read_back(explained: Explained) -> None:
    assert_same(explained, Gff3().text(explained))


def test_real_plasmids_are_read_back() -> None:
    for explained in real_records():
        assert_same(explained, Gff3().text(explained))


@each_awkward_name
def test_names_are_escaped(name: str) -> None:
    if name != "\ud800":
        assert_same(
            record(GENE, [feature(name, "ori", 0, 4, 12)], name),
            Gff3().text(record(GENE, [feature(name, "ori", 0, 4, 12)], name)),
        )


def test_two_molecules_of_one_name_have_ids_of_their_own(tmp_path: Path) -> None:
    same = record(GENE, [feature("f1 ori", "ori", 0, 4, 12)])
    ids = re.findall("ID=([^;]+)", written(tmp_path, "a.gff3", same, same))
    assert ids == ["molecule1", "molecule1.1", "molecule2", "molecule2.1"]


def test_an_empty_sequence_has_no_region(tmp_path: Path) -> None:
    assert written(tmp_path, "a.gff3", record("")) == "##gff-version 3\n"
