"""What is written in any format, encoding and compression is read back."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.plasmid.files.record import Note, Problem, SequenceRecord
from tests.rewards.plasmid.files.writers import (
    COMPRESSIONS,
    ENCODINGS,
    STATE_TOPOLOGY,
    WRITERS,
    Plasmid,
    by_biopython,
    read,
    snapgene,
)

PLASMIDS = st.lists(
    st.builds(
        Plasmid,
        st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,11}", fullmatch=True),
        st.text("ACGTNacgtnRYKMrykm", min_size=1, max_size=300),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


def record(name: str, sequence: str, circular: bool = True, number: int = 1) -> SequenceRecord:
    return SequenceRecord(name, sequence, circular, "file", number)


@settings(max_examples=400, deadline=None)
@given(
    plasmids=PLASMIDS,
    form=st.sampled_from(sorted(WRITERS)),
    encoding=st.sampled_from(ENCODINGS),
    compression=st.sampled_from(sorted(COMPRESSIONS)),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    circular=st.booleans(),
)
def test_what_is_written_is_read_back(plasmids, form, encoding, compression, line_end, circular) -> None:
    text = WRITERS[form](plasmids).replace("\r\n", "\n").replace("\n", line_end)
    found = read(COMPRESSIONS[compression](text.encode(encoding)), circular=circular)
    assert [
        (r.id, r.sequence.upper(), r.circular, r.number) for r in found if isinstance(r, SequenceRecord)
    ] == [
        (p.name, p.sequence.upper(), p.circular if form in STATE_TOPOLOGY else circular, number)
        for number, p in enumerate(plasmids, 1)
    ]
    assert len(found) == len(plasmids)


@settings(max_examples=50, deadline=None)
@given(plasmid=PLASMIDS.map(lambda plasmids: plasmids[0]), compression=st.sampled_from(sorted(COMPRESSIONS)))
def test_snapgene_is_read_back_and_named_like_its_file(plasmid: Plasmid, compression: str) -> None:
    data = COMPRESSIONS[compression](snapgene(plasmid))
    (found,) = read(data, f"lab/{plasmid.name} v2.dna{compression}", circular=not plasmid.circular)
    assert isinstance(found, SequenceRecord)
    assert (found.id, found.sequence, found.circular) == (
        f"{plasmid.name} v2",
        plasmid.sequence,
        plasmid.circular,
    )


@settings(max_examples=100, deadline=None)
@given(
    sequence=st.text("ACGT", min_size=130, max_size=500),
    width=st.integers(60, 119),
    numbered=st.booleans(),
    encoding=st.sampled_from(ENCODINGS),
)
def test_wrapped_raw_text_is_one_sequence(sequence: str, width: int, numbered: bool, encoding: str) -> None:
    lines = [sequence[i : i + width] for i in range(0, len(sequence), width)]
    if numbered:  # as in a GenBank record
        lines = [f"{1 + i * width:>9} {line[:10]} {line[10:]}" for i, line in enumerate(lines)]
        lines = ["ORIGIN", *lines, "//"]
    found = read("\n".join(lines).encode(encoding))
    assert [e.sequence for e in found if isinstance(e, SequenceRecord)] == [sequence]
    doubtful = [e for e in found if isinstance(e, Note)]
    assert len(doubtful) == (len(sequence) % width == 0)


def test_raw_lines_of_different_widths_and_blocks_are_sequences_of_their_own() -> None:
    rng = random.Random(1)
    a, b, c = ("".join(rng.choices("ACGT", k=n)) for n in (60, 50, 60))
    note, *records = read(f"# mine\n{a}\n{b}\n{c}\n".encode())
    assert note == Note("file", "the lines from 2 on are read as one sequence each")
    assert [r.sequence for r in records if isinstance(r, SequenceRecord)] == [a, b, c]
    assert read(f"{a}\n\n{b}\n".encode()) == [record("sequence_1", a), record("sequence_2", b, number=2)]
    joined, note = read(f"{a}\n{c}\n".encode())
    assert joined == record("sequence_1", a + c)
    assert "of equal width, are read as one wrapped sequence" in str(note)
    title, wrapped = read(f"my plasmid\n{a}\n{b}".encode())
    assert isinstance(title, Problem)
    assert wrapped == record("sequence_2", a + b, number=2)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# made by me\n; and more\n>a\nAC GT\n# comment\nAC\n", [record("a", "ACGTAC")]),
        (">a\nAC\n\n>\nTT\n", [record("a", "AC"), record("sequence_2", "TT", number=2)]),
        ("\ufeff>a\nAC\n\ufeff>b\nTT\n", [record("a", "AC"), record("b", "TT", number=2)]),
        (
            ">a [topology=linear]\nACGT\n>b [Topology=Circular]\nAC\n",
            [record("a", "ACGT", False), record("b", "AC", number=2)],
        ),
        ("sequence\nACGT\nAC\n", [record("sequence_1", "ACGT"), record("sequence_2", "AC", number=2)]),
        ("name\tDNA\na\tAC GT\n", [record("a", "ACGT")]),
        ("sep=;\nname;DNA\na;ACGT\n", [record("a", "ACGT")]),
        ("@a x\nAC\nGT\n+\n@@\nII\n", [record("a", "ACGT")]),
    ],
)
def test_variants_of_text_formats(text: str, found: list[SequenceRecord]) -> None:
    assert read(text.encode()) == found


def test_rna_digits_and_unknown_letters_are_said_once() -> None:
    rna, a, b = read(b">a\nACGU\n>b\nuuAC\n")
    assert (a, b) == (record("a", "ACGT"), record("b", "ttAC", number=2))
    assert str(rna) == "file: this is RNA: U is read as T (first in record 1)"
    digits, a = read(b">a\n1 ACGT\n5 ACGT\n")
    assert a == record("a", "ACGTACGT")
    assert str(digits) == "file: digits in the sequence are left out (first in record 1)"
    unknown, a = read(b">a\nACGTACGTACGTXACGT*\n")
    assert isinstance(a, SequenceRecord)
    assert str(unknown) == "file: these are no codes of a base and match nothing: * X (first in record 1)"
    assert read(b">a\nACGTRYSWKMBDHVN\n") == [record("a", "ACGTRYSWKMBDHVN")]


def test_a_table_may_name_its_column() -> None:
    assert read(b"name,insert,sequence\na,AC,GT\n", column="Insert") == [record("a", "AC")]
    note, a = read(b"name,dna,sequence\na,AC,GT\n")
    assert a == record("a", "GT")
    assert "the sequence is read from the column sequence, not from dna" in str(note)
    (problem,) = read(b"name,insert\na,AC\n")
    assert "a table with the columns name, insert, none of sequence, seq," in str(problem)
    (problem,) = read(b"name,sequence\na,AC\n", column="insert")
    assert "not insert: name one with --column" in str(problem)


def test_completions_may_be_any_text_and_follow_their_prompts() -> None:
    rows = [
        {"prompt": "AC", "completion": "GT hello!"},
        {"prompt": "AC", "completion": ""},
        {"completion": "😀"},
    ]
    found = read("\n".join(map(json.dumps, rows)).encode())
    assert [r.sequence for r in found if isinstance(r, SequenceRecord)] == ["ACGT hello!", "AC", "😀"]


def test_names_with_spaces_and_slips_in_annotation_do_not_cost_a_genbank_record() -> None:
    text = (
        "LOCUS       my plasmid 12 bp ds-DNA circular\nFEATURES\n  broken\nreally broken\n"
        "ORIGIN\n        1 acgtacgtac gt\n"
    )
    assert read(text.encode()) == [record("my plasmid", "ACGTACGTACGT")]
    old = b"ID   X standard; circular DNA; UNC; 4 BP.\nSQ   Sequence 4 BP;\n     acgt   4\n//\n"
    assert read(old, circular=False) == [record("X", "ACGT")]
    silent = text.replace("circular", "").encode()
    assert [r.circular for r in read(silent, circular=False) if isinstance(r, SequenceRecord)] == [False]


@pytest.mark.parametrize("name", ["Exported", "exported", "_unknown_name_"])
@pytest.mark.parametrize("form", ["genbank", "embl"])
def test_a_record_whose_name_is_a_placeholder_is_named_like_its_file(name: str, form: str) -> None:
    text = by_biopython([Plasmid(name, "ACGT" * 10), Plasmid(name, "GGCC" * 10), Plasmid("a", "AC")], form)
    found = read(text.encode(), "lab/pUC19.v2.gb")
    assert [one.id for one in found if isinstance(one, SequenceRecord)] == ["pUC19", "pUC19_2", "a"]
