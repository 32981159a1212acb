"""Files are written whole or not at all, whatever their format, and in constant memory."""

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from click.testing import CliRunner

from rewards.cli import score
from rewards.plasmid.export.writer import SUFFIXES, UnwritableError, writer_for
from tests.rewards.plasmid.export.records import GENE, feature, record
from tests.rewards.plasmids import designed_plasmid, random_dna

each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


def _fail_in_the_middle(path: Path) -> None:
    with writer_for(path) as write:
        write(record(GENE))
        write(record(GENE))
        raise RuntimeError("in the middle")


@each_suffix
def test_an_error_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("before")
    with pytest.raises(RuntimeError, match="in the middle"):
        _fail_in_the_middle(path)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(path.name, "before")]


@each_suffix
def test_nothing_stands_at_the_path_until_the_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with writer_for(path) as write:
        write(record(GENE, [feature("f1 ori", "ori", 10, 4, 12)]))
        assert not path.exists()
    assert path.stat().st_size > 0
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.txt", "its name must end in .gb, .gbk"),
        ("a", "its name must end in"),
        ("absent/a.gb", "there is no folder"),
        ("folder.gb", "it is a folder"),
    ],
)
def test_what_cannot_be_written_is_said_at_once(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "folder.gb").mkdir()
    with pytest.raises(UnwritableError, match=words):
        writer_for(tmp_path / name)
    result = CliRunner().invoke(score, ["-", "--out", str(tmp_path / name)], input="this is never read")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert words in result.output


def test_sites_without_a_map_are_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(score, ["-", "--sites", "--out", str(tmp_path / "a.gb")], input=">a\nACGT")
    assert result.exit_code == 2
    assert "--sites marks maps" in result.output


@pytest.mark.parametrize("suffix", [".fasta", ".csv", ".jsonl", ".gb", ".gff3"])
def test_records_are_not_held_in_memory(tmp_path: Path, suffix: str) -> None:
    one = record(random_dna(5000, 1), [feature("f1 ori", "ori", 10, 400, 5000)])
    with writer_for(tmp_path / f"a{suffix}") as write:
        write(one)
        tracemalloc.start()
        for _ in range(300):
            write(one)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert held < 200_000
    assert peak < 1_500_000


def test_one_command_writes_every_format(tmp_path: Path) -> None:
    source = tmp_path / "in.fa"
    source.write_text(f">a\n{designed_plasmid()}\n>b\n{random_dna(500, 1)}\n")
    outputs = [argument for suffix in SUFFIXES for argument in ("--out", str(tmp_path / f"o{suffix}"))]
    done = subprocess.run(
        [sys.executable, "-m", "sweepfarm", "score", str(source), "--json", "--sites", *outputs],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert (tmp_path / "o.jsonl").read_text() == done.stdout
    assert json.loads(done.stdout.splitlines()[0])["quality"]["passed"] is True
    pictures = [f"o-2{suffix}" for suffix in (".svg", ".png", ".pdf")]
    assert {path.name for path in tmp_path.iterdir()} == {
        "in.fa",
        *pictures,
        *(f"o{suffix}" for suffix in SUFFIXES),
    }


def test_unreadable_input_leaves_no_file(tmp_path: Path) -> None:
    text = ">a\nACGT\n"
    result = CliRunner().invoke(
        score, ["-", "--out", str(tmp_path / "a.csv"), "--tier", "absent"], input=text
    )
    assert result.exit_code == 1
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_grow_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "in.fa"
    source.write_text("".join(f">r{number}\n{random_dna(300, number)}\n" for number in range(200)))
    arguments = [sys.executable, "-m", "sweepfarm", "score", str(source), "--json"]
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", *arguments, "--out", str(tmp_path / "a.gb")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: [Errno 27] File too large\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.fa"]
