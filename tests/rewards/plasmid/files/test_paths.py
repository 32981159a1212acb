"""Files, folders and standard input: what is walked, skipped and reported; memory of large files."""

import gzip
import os
import pty
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from rewards.plasmid.files.progress import Intake
from rewards.plasmid.files.read import read_paths
from rewards.plasmid.files.record import Options, Problem, SequenceRecord, Skipped
from tests.rewards.plasmid.files.writers import Plasmid, by_biopython, snapgene


def test_a_folder_is_walked_in_order_and_other_files_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "b" / "deep").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / "c.fa.gz").write_bytes(gzip.compress(b">c\nACGT\n"))
    (tmp_path / "a.dna").write_bytes(snapgene(Plasmid("a", "ACGT", False)))
    (tmp_path / "b" / "deep" / "d.gb").write_text(by_biopython([Plasmid("d", "GATTACA")], "genbank"))
    (tmp_path / "README.md").write_text("These are my plasmids, all of them.\n")
    (tmp_path / "metrics.csv").write_text("step,loss\n1,2\n")
    (tmp_path / "gel.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty.fa").touch()
    (tmp_path / ".DS_Store").write_bytes(b"\x00\x00")
    (tmp_path / ".git" / "a.fa").write_text(">no\nACGT\n")
    events = list(read_paths([tmp_path]))
    skipped = [Path(e.source).name for e in events if isinstance(e, Skipped)]
    assert skipped == ["README.md", "empty.fa", "gel.png", "metrics.csv"]
    records = [e for e in events if isinstance(e, SequenceRecord)]
    assert [(r.id, r.circular, Path(r.source).name) for r in records] == [
        ("a", False, "a.dna"),
        ("c", True, "c.fa.gz"),
        ("d", True, "d.gb"),
    ]
    assert len(events) == 7


def test_a_broken_file_in_a_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.gb").write_text("LOCUS this is no genbank\n")
    (tmp_path / "b.fa.gz").write_bytes(gzip.compress(b">c\nACGT\n")[:-5])
    (tmp_path / "c.fa").symlink_to("absent")
    (tmp_path / "d.fa").write_text(">d\nACGT\n")
    *problems, record = read_paths([tmp_path])
    assert [Path(p.source).name for p in problems if isinstance(p, Problem)] == ["a.gb", "b.fa.gz", "c.fa"]
    assert isinstance(record, SequenceRecord)


def test_a_folder_without_any_sequence_and_a_missing_file_are_problems(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy more agarose.\n")
    skipped, problem = read_paths([tmp_path])
    assert isinstance(skipped, Skipped)
    assert problem == Problem(str(tmp_path), "no file with a sequence is in this folder")
    absent = tmp_path / "absent.fa"
    assert list(read_paths([absent])) == [Problem(str(absent), "No such file or directory")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_permission_are_problems(tmp_path: Path) -> None:
    file, folder = tmp_path / "a.fa", tmp_path / "sub"
    file.write_text(">a\nACGT\n")
    folder.mkdir()
    file.chmod(0)
    folder.chmod(0)
    try:
        events = list(read_paths([tmp_path]))
    finally:
        folder.chmod(0o700)
    assert events == [Problem(str(file), "Permission denied"), Problem(str(folder), "Permission denied")]


def test_a_file_that_shrinks_is_a_problem_after_its_first_records(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    path.write_text("".join(f">r{n}\n{'ACGT' * 25}\n" for n in range(20_000)))
    size = path.stat().st_size
    events = read_paths([path])
    assert next(events) == SequenceRecord("r0", "ACGT" * 25, True, str(path), 1)
    os.truncate(path, 500_000)
    *records, problem = events
    assert all(isinstance(record, SequenceRecord) for record in records)
    assert 4_000 < len(records) < 5_000
    assert f"the file shrank while it was read: 500,000 of {size:,} bytes were found" in str(problem)


def test_a_name_that_is_not_utf8_is_shown_with_a_replacement(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\n.fa"
    with open(path, "wb") as file:
        file.write(b">a\nACGT\n")
    (record,) = read_paths([Path(os.fsdecode(path))])
    assert isinstance(record, SequenceRecord)
    assert record.source.endswith("/\ufffd\ufffd.fa")


@pytest.mark.parametrize("suffix", [".fa", ".fa.gz"])
def test_a_large_fasta_is_read_in_little_memory(tmp_path: Path, suffix: str) -> None:
    rng = random.Random(1)
    lines = ["".join(rng.choices("ACGT", k=60)) for _ in range(50)]
    path = tmp_path / f"large{suffix}"
    with gzip.open(path, "wt", compresslevel=1) if suffix.endswith(".gz") else path.open("w") as file:
        for number in range(200_000):
            file.write(f">r{number}\n{lines[number % 50]}\n{lines[number % 49]}\n")
    tracemalloc.start()
    try:
        count = sum(isinstance(event, SequenceRecord) for event in read_paths([path]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 200_000
    assert peak < 3_000_000


def test_a_line_without_end_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "line.fa"
    with path.open("w") as file:
        file.write(">a\n")
        for _ in range(150):
            file.write("ACGT" * 250_000)
        file.write("\n>b\nACGT\n")
    tracemalloc.start()
    try:
        problem, record = read_paths([path])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "record 1, line 1: longer than 10,000,000 letters" in str(problem)
    assert isinstance(record, SequenceRecord)
    assert peak < 100_000_000


def score(*arguments: str, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "sweepfarm", "score", "--json", *arguments],
        check=False,
        input=data,
        capture_output=True,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def test_the_command_scores_what_it_can_and_says_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "a.dna").write_bytes(snapgene(Plasmid("a", "ACGT" * 30)))
    (folder / "notes.txt").write_text("Buy more agarose.\n")
    done = score(str(folder), "-", data=">rna\r\nACGU\r\n".encode("utf-16"))
    assert done.returncode == 0
    assert [line.count('"topology": "circular"') for line in done.stdout.splitlines()] == [1, 1]
    skipped, note = done.stderr.splitlines()
    assert skipped.startswith(f"Skipped: {folder}/notes.txt: this looks like text, ")
    assert note == "Note: standard input: this is RNA: U is read as T (first in record 1)"

    bad = tmp_path / "bad.gb"
    one, two, three = (by_biopython([Plasmid(name, "ACGTTG" * 10)], "genbank") for name in "xyz")
    bad.write_text(one + two.replace("60 bp", "61 bp") + three)
    page = tmp_path / "page.gb"
    page.write_text("<html></html>")
    done = score(str(bad), str(page), str(tmp_path / "absent.fa"), str(folder))
    assert done.returncode == 1
    assert [line.split('"id": "')[1][0] for line in done.stdout.splitlines()] == ["x", "z", "a"]
    assert [line for line in done.stderr.splitlines() if line.startswith("Error")] == [
        f"Error: {bad}: record 2, line 13: LOCUS says 61 bp, 60 found; it may be cut off",
        f"Error: {page}: this looks like an HTML page: download the sequence itself",
        f"Error: {tmp_path}/absent.fa: No such file or directory",
    ]


def test_a_closed_standard_input_is_a_problem() -> None:
    command = f"exec <&-; exec {sys.executable} -m sweepfarm score -"
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "Error: standard input: it is closed\n"


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.fa"
    path.write_text("".join(f">r{number}\nACGT\n" for number in range(3)))
    monkeypatch.setattr("rewards.plasmid.files.progress._SECONDS_PER_LINE", 0.0)
    assert len(list(Intake([path], Options(), strict=False))) == 3
    assert capsys.readouterr().err.splitlines() == [
        f"{path}: 100% read, {n} records" for n in ("1", "2", "3")
    ]
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "sweepfarm", "score", "--json", str(path)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}
    )
    shown = os.read(terminal, 1 << 16).decode()
    assert len(done.stdout.splitlines()) == 3
    assert "many.fa: 3 records" in shown
    assert "━" in shown
