"""`sweepfarm score`: its inputs, its outputs and its errors."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord
from click.testing import CliRunner

from rewards.cli import score
from rewards.plasmid.parts.classes import PART_CLASSES
from rewards.plasmid.suite import reference_suite
from tests.rewards.plasmids import AMPR, designed_plasmid, library_sequence, random_dna, real_plasmids, whole


def run(*arguments: str, text: str | None = None) -> str:
    result = CliRunner().invoke(score, arguments, input=text)
    assert result.exit_code == 0, result.output
    return result.output


def fasta(**sequences: str) -> str:
    return "".join(f">{name} a description\n{sequence}\n" for name, sequence in sequences.items())


def genbank(sequence: str, topology: str) -> str:
    record = SeqRecord(
        Seq(sequence), id="pTest", name="pTest", annotations={"molecule_type": "DNA", "topology": topology}
    )
    out = io.StringIO()
    SeqIO.write(record, out, "genbank")
    return out.getvalue()


def test_json_has_features_components_and_total() -> None:
    sequence = designed_plasmid()
    (line,) = run("-", "--json", text=fasta(p1=sequence)).splitlines()
    record = json.loads(line)
    assert set(record) == {"file", "id", "length", "topology", "features", "components", "quality", "total"}
    assert (record["id"], record["length"], record["topology"]) == ("p1", len(sequence), "circular")
    for feature in record["features"]:
        assert set(feature) == {
            "class",
            "name",
            "start",
            "end",
            "strand",
            "identity",
            "coverage",
            "fragment",
            "defect",
        }
        assert feature["class"] in ("ori", "promoter", "terminator", "marker", "cds", *PART_CLASSES)
    (marker,) = [feature for feature in record["features"] if feature["class"] == "marker"]
    at = sequence.index(library_sequence(AMPR))
    assert (marker["start"], marker["end"], marker["strand"]) == (at, at + 861, 1)
    assert (marker["identity"], marker["coverage"], marker["fragment"]) == (1.0, 1.0, False)
    assert set(record["components"]) >= {"ori", "promoter", "terminator", "marker", "cds", "length"}
    for part in record["components"].values():
        assert set(part) == {"score", "weight", "message"}
    assert record["total"] == pytest.approx(reference_suite().score([whole(sequence)]).totals[0])


def test_a_feature_across_the_origin_has_its_end_before_its_start() -> None:
    gene = library_sequence(AMPR)
    record = json.loads(run("-", "--json", text=fasta(p=gene[400:] + random_dna(1500, 1) + gene[:400])))
    (marker,) = [feature for feature in record["features"] if feature["class"] == "marker"]
    assert (marker["start"], marker["end"]) == (len(gene) - 400 + 1500, len(gene) - 400)


def test_thousands_of_records_keep_their_order() -> None:
    sequences = {f"r{number}": random_dna(60, number) for number in range(2500)}
    lines = run("-", "--json", text=fasta(**sequences)).splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(sequences)


def test_topology_is_read_from_genbank(tmp_path: Path) -> None:
    gene = library_sequence(AMPR)
    sequence = gene[400:] + random_dna(1500, 1) + gene[:400]
    markers = {}
    for topology in ("circular", "linear"):
        path = tmp_path / f"{topology}.gb"
        path.write_text(genbank(sequence, topology))
        record = json.loads(run(str(path), "--json"))
        assert record["topology"] == topology
        assert record["id"] == "pTest"
        markers[topology] = [f["coverage"] for f in record["features"] if f["class"] == "marker"]
    assert markers["circular"] == [1.0]
    assert all(coverage < 0.95 for coverage in markers["linear"])
    assert json.loads(run("-", "--json", "--linear", text=fasta(p=sequence)))["topology"] == "linear"
    stated = run("-", "--json", "--linear", text=genbank(sequence, "circular"))
    assert json.loads(stated)["topology"] == "circular"


def test_raw_text_in_lower_case_or_wrapped_lines_is_read() -> None:
    sequence = designed_plasmid()
    wrapped = "\n".join(sequence[i : i + 70] for i in range(0, len(sequence), 70)).lower()
    (record,) = [json.loads(line) for line in run("-", "--json", text=wrapped).splitlines()]
    assert record["length"] == len(sequence)
    assert record["total"] > 0.9
    lines = run("-", "--json", text=f"{sequence}\n\n{sequence[:900]}\n").splitlines()
    assert [json.loads(line)["length"] for line in lines] == [len(sequence), 900]


def test_the_table_shows_features_and_messages() -> None:
    output = run("-", text=fasta(p1=designed_plasmid()))
    for words in ("p1", "circular", "ori", "marker", "AmpR", "EGFP", "in the ideal band", "total 0.9"):
        assert words in output
    assert "stop codon after 35% of it" in " ".join(run("-", text=fasta(p=broken_marker())).split())


def broken_marker() -> str:
    gene = library_sequence(AMPR)
    return random_dna(900, 1) + gene[:300] + "TAA" + gene[303:] + random_dna(900, 2)


def test_unusual_completions_are_scored_without_errors() -> None:
    texts = {"empty": "", "prose": "HELLOWORLD!", "iupac": "ACGTRYSWKMBDHVN" * 20, "emoji": "😀" * 30}
    rows = "\n".join(json.dumps({"id": name, "completion": text}) for name, text in texts.items())
    records = {record["id"]: record for record in map(json.loads, run("-", "--json", text=rows).splitlines())}
    assert list(records) == list(texts)
    assert records["empty"]["length"] == 0
    assert records["empty"]["total"] == records["prose"]["total"] == 0.0
    assert "not DNA" in records["prose"]["components"]["letters"]["message"]


def test_records_that_are_no_dna_are_reported_and_the_others_are_scored() -> None:
    text = fasta(
        empty="", prose="HELLOWORLD!", iupac="ACGTRYSWKMBDHVN" * 20, emoji="😀" * 30, dna="acgt" * 200
    )
    result = CliRunner().invoke(score, ["-", "--json"], input=text)
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["iupac", "dna"]
    assert result.stderr.splitlines() == [
        "Error: standard input: record 1, line 1: it has no sequence (empty)",
        "Error: standard input: record 2, line 3: not DNA: 100 % of its letters outside A,C,G,T,N (prose)",
        "Error: standard input: record 4, line 7: not DNA: 100 % of its letters outside A,C,G,T,N (emoji)",
    ]
    result = CliRunner().invoke(score, ["-", "--json", "--strict"], input=fasta(a="ACGT", b="", c="ACGT"))
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["a"]


def test_a_suite_file_replaces_the_reference_suite(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text("rewards: [{name: gc, params: {minimum: 0.4}}]")
    record = json.loads(run("-", "--json", "--suite", str(path), text=">a\nAAAG\n"))
    assert list(record["components"]) == ["gc"]
    assert record["total"] == pytest.approx(0.25 / 0.4)


def test_maps_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "map.png"
    run("-", "--json", "--map", str(path), text=fasta(a=designed_plasmid(), b=real_plasmids()[0]))
    for drawn in (path, tmp_path / "map-2.png"):
        assert drawn.read_bytes().startswith(b"\x89PNG")
        assert drawn.stat().st_size > 20_000
    svg = tmp_path / "map.svg"
    run("-", "--json", "--map", str(svg), text=fasta(a=designed_plasmid()))
    drawing = svg.read_text()
    assert "<svg" in drawing


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (("-",), "", "the input is empty"),
        (("-",), "LOCUS       broken\nnothing\n", "GenBank"),
        (("absent.fa",), None, "No such file"),
        (("-", "--tier", "snapgene"), ">a\nACGT", "there is no library tier 'snapgene'"),
        (("-", "--tier", "synbio"), ">a\nACGT", "pip install --no-deps synbio"),
        (("-", "--map", "map.txt"), ">a\nACGT", "its name must end in"),
        (("-", "--map", "/absent/map.png"), ">a\nACGT", "there is no folder /absent"),
        (("-", "--workers", "0"), ">a\nACGT", "--workers"),
    ],
)
def test_failures_are_one_line_errors(tmp_path: Path, monkeypatch, arguments, text, words) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(score, arguments, input=text)
    assert result.exit_code != 0
    assert words in result.output
    last = [line for line in result.output.splitlines() if line.strip()]
    assert len([line for line in last if line.startswith("Error")]) == 1


def test_help_has_an_example_and_loads_no_heavy_packages() -> None:
    output = run("--help")
    assert "Example" in output
    assert "sweepfarm score plasmid.gb" in output
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, rewards.cli; print([m for m in ('numba', 'rich', 'Bio') if m in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"
    assert not re.search("Traceback", loaded.stderr)


def test_the_command_works_as_a_process(tmp_path: Path) -> None:
    path = tmp_path / "plasmid.fa"
    path.write_text(fasta(p1=designed_plasmid()))
    done = subprocess.run(
        [sys.executable, "-m", "sweepfarm", "score", str(path), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["total"] > 0.9
