"""FASTA, tables and JSON."""

import csv
import io
import json
from pathlib import Path

import pytest
from Bio import SeqIO

from tests.rewards.plasmid.export.records import GENE, each_awkward_name, feature, record, written


def test_fasta(tmp_path: Path) -> None:
    text = written(
        tmp_path,
        "a.fasta",
        record("acgt" * 20, name="a b"),
        record("AC-U", name="c", circular=False),
        record(""),
    )
    assert text == (
        f">a b [topology=circular]\n{'acgt' * 17}ac\n{'gtacgtacgt'}\n>c [topology=linear]\nACNN\n"
        ">p1 [topology=circular]\n"
    )
    assert [str(one.seq) for one in SeqIO.parse(io.StringIO(text), "fasta")] == ["acgt" * 20, "ACNN", ""]


def test_table(tmp_path: Path) -> None:
    ori = feature("ori (pUC/pMB1, high-copy)", "ori", 0, 4, 12)
    records = [
        record(GENE, [ori], "a", scores={"ori": 1 / 3, "length": None}),
        record("", name="b, c", circular=False, scores={"ori": 0.0, "length": 1.0}),
    ]
    assert written(tmp_path, "a.csv", *records) == (
        "name,length,topology,qc,qc_reason,origins,markers,total,score_ori,score_length\n"
        "a,12,circular,fail,0 whole bacterial markers,ColE1,,0.5,0.333333,\n"
        '"b, c",0,linear,fail,0 whole bacterial origins; 0 whole bacterial markers,,,0.5,0,1\n'
    )
    assert written(tmp_path, "a.tsv", records[1]).splitlines()[1].split("\t")[:3] == ["b, c", "0", "linear"]


@pytest.mark.parametrize("name", ["=1+2", "+a", "-a", "@a", "\t=a", " =HYPERLINK()", "\r\n@a"])
def test_no_cell_begins_a_formula(tmp_path: Path, name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(written(tmp_path, "a.csv", record(GENE, name=name))))
    assert row["name"] == f"'{name.strip()}"


@each_awkward_name
def test_a_record_stays_one_row(tmp_path: Path, name: str) -> None:
    lines = written(tmp_path, "a.tsv", record(GENE, name=name)).split("\n")
    assert len(lines) == 3
    assert len(lines[1].split("\t")) == 9
    assert len(written(tmp_path, "a.fa", record(GENE, name=name)).split("\n")) == 3


def test_json(tmp_path: Path) -> None:
    records = [record(GENE, [feature("f1 ori", "ori", 0, 4, 12)], "é"), record("", name="\ud800")]
    expected = [json.loads(json.dumps(one.as_json())) for one in records]
    assert json.loads(written(tmp_path, "a.json", *records)) == expected
    lines = written(tmp_path, "a.jsonl", *records).splitlines()
    assert [json.loads(line) for line in lines] == expected
    assert '"id": "é"' in lines[0]
    assert written(tmp_path, "a.json") == "[]\n"


def test_json_has_the_verdict_of_quality_control() -> None:
    assert record(GENE).as_json()["quality"] == {
        "passed": False,
        "published": False,
        "origins": (),
        "markers": (),
        "reason": "0 whole bacterial origins; 0 whole bacterial markers",
    }
