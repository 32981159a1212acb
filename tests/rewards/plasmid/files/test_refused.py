"""What is no sequence is refused by what it looks like; a bad record costs no other."""

import gzip
import json
import struct

import pytest

from rewards.plasmid.files.record import MAX_BASES, Problem, SequenceRecord
from tests.rewards.plasmid.files.writers import COMPRESSIONS, Plasmid, by_biopython, read, snapgene

PROTEIN = "MSIQHFRVALIPFFAAFCLPVFAHPETLVKVKDAEDQLGARVGYIELDLNSGKILESFRPEERFPMMSTFKVLLCGAVLSRIDAGQEQLGRR"
THREE = [Plasmid("a", "ACGT" * 30), Plasmid("b", "GATTACA" * 20), Plasmid("c", "TTGCA" * 30, False)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the input is empty"),
        (b" \r\n\n", "the input is empty"),
        (gzip.compress(b"", mtime=0), "the input is empty"),
        (
            f">p\n{PROTEIN}\n>q\n{PROTEIN[::-1]}\n".encode(),
            "looks like protein FASTA, 79 % of its letters outside A,C,G,T,N",
        ),
        (
            PROTEIN.encode(),
            "looks like text without the marks of genbank, 79 % of its letters outside A,C,G,T,N",
        ),
        (b"This is the plasmid that I told you about.\n", "looks like text without the marks of genbank, "),
        (b"<!DOCTYPE html>\n<html><pre>\nLOCUS       a 4 bp\n", "an HTML page"),
        (b"<?xml version='1.0'?><rdf:RDF/>", "XML"),
        (b"%PDF-1.7\n\x00", "a PDF document"),
        (b"PK\x03\x04\x14\x00a.gb", "a zip archive"),
        (b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "an Office document"),
        (b"\x89PNG\r\n\x1a\n\x00", "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00", "a JPEG image"),
        (b"ABIF\x00e", "an ABI trace"),
        (b"{\\rtf1\\ansi ACGT}", "an RTF document"),
        (bytes(range(256)) * 4, "binary data of an unknown kind"),
        (gzip.compress(gzip.compress(b">a\nACGT\n", mtime=0), mtime=0), "gzip data inside compressed data"),
        (b"CLUSTAL W (1.82)\n\na ACGT\n", "a Clustal alignment"),
        (b"##gff-version 3\nchr1\t.\tgene\t1\t9\t.\t+\t.\tID=a\n", "GFF annotations"),
        (b"@HD\tVN:1.6\n@SQ\tSN:a\n+\n", "SAM alignments"),
        (b">P1;CRAB\nalpha crystallin\nACGT*\n", "PIR"),
        (b"ID   CRAM_CRAAB  Reviewed;  46 AA.\nSQ   SEQUENCE 46 AA;\n//\n", "a protein record, not DNA"),
        (json.dumps([{"sequence": "ACGT"}], indent=1).encode(), "JSON, but no line of it is an object"),
        (b" 2 12\nseq1 ACGTACGTACGTACGT\n", "raw text with characters that are no code of a base: e q"),
        (b"# nothing\n1 2 3\n", "there are no letters in it, only comments or numbers"),
        (b"a,b\n1,2\n", "a table with the columns a, b, none of"),
        (
            b"LOCUS this is no genbank\nhello\n",
            "record 1, line 1: the LOCUS line of GenBank states no length in bp",
        ),
        (b"LOCUS       a 10 bp DNA\n//\n", "record 1, line 1: it has no sequence (no ORIGIN section)"),
        (b"LOCUS       a 10 aa\nORIGIN\n        1 mkvlatrefg\n//\n", "a protein of 10 amino acids"),
        (
            b"ID   X; nothing\nSQ   \n     acgt 4\n//\n",
            "record 1, line 1: the ID line of EMBL states no length in bp",
        ),
        (snapgene(THREE[0])[:-3], "the SnapGene file cannot be read: Unexpected end of packet"),
        (snapgene(THREE[0])[:19], "the SnapGene file cannot be read: No DNA packet in file"),
        (">a\nACGT\n".encode("utf-16")[:-1], "the utf-16 text cannot be decoded"),
    ],
)
def test_what_is_no_sequence_is_one_problem(data: bytes, words: str) -> None:
    (problem,) = read(data, "named.gb")
    assert isinstance(problem, Problem)
    assert str(problem).startswith("named.gb: ")
    assert words in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    "form", ["fasta", "genbank", "embl", "csv", "raw", "jsonl", "snapgene", "fastq", "tsv"]
)
def test_a_forced_format_never_raises_an_error(form: str) -> None:
    for data in (
        b"",
        b"hello\n",
        bytes(range(256)),
        b'"\n',
        snapgene(THREE[0]),
        by_biopython(THREE, "genbank").encode(),
    ):
        events = read(data, format=form)
        assert events
        expected = (form in ("genbank", "raw") and b"LOCUS" in data) or (
            form == "snapgene" and b"SnapGene" in data
        )
        assert any(isinstance(e, SequenceRecord) for e in events) == expected, (form, data[:20])


@pytest.mark.parametrize("form", ["genbank", "embl"])
def test_a_bad_record_costs_no_other(form: str) -> None:
    good = by_biopython(THREE, form)
    a, problem, c = read(good.replace("140 bp", "141 bp").replace("140 BP", "141 BP").encode())
    assert [r.id for r in (a, c) if isinstance(r, SequenceRecord)] == ["a", "c"]
    first = "LOCUS" if form == "genbank" else "ID"
    line = [n for n, text in enumerate(good.splitlines(), 1) if text.startswith(first)][1]
    says = f"{first} says 141 bp, 140 found; it may be cut off"
    assert str(problem) == f"file: record 2, line {line}: {says}"


def test_a_genbank_record_that_ends_early_or_lost_its_beginning_is_a_problem() -> None:
    one, two, three = (by_biopython([p], "genbank") for p in THREE)
    *before, cut = read((one + two + three[:-60]).encode())
    assert len(before) == 2
    assert "record 3, line" in str(cut)
    assert "LOCUS says 150 bp" in str(cut)
    headless = two[two.index("DEFINITION") :]
    a, lost, c = read((one + headless + three).encode())
    assert "text outside a record: no LOCUS line before it" in str(lost)
    assert [r.number for r in (a, c) if isinstance(r, SequenceRecord)] == [1, 2]
    unended = one.replace("//\n", "") + two
    assert all(isinstance(event, SequenceRecord) for event in read(unended.encode()))


def test_bad_fasta_records_are_told_by_record_and_line() -> None:
    text = f"lost\nlines\n>a\nACGT\n>p\n{PROTEIN}\n>e\n>g\nAC--GT\n>h\nACGTACGTACGT>i\nACGT\n>z\nAC\n"
    events = read(text.encode())
    assert [(e.id, e.number) for e in events if isinstance(e, SequenceRecord)] == [("a", 1), ("z", 6)]
    problems = [str(e) for e in events if isinstance(e, Problem)]
    for problem, words in zip(
        problems,
        (
            "file: line 1: text before the first header (a line that begins with >)",
            "file: record 2, line 5: not DNA: 79 % of its letters outside A,C,G,T,N (p)",
            "file: record 3, line 7: it has no sequence (e)",
            "file: record 4, line 8: 2 of its characters are gaps (- or .): take them out",
            "file: record 5, line 10: a > stands inside the sequence: a line break before a header is",
        ),
        strict=True,
    ):
        assert problem.startswith(words)


def test_aligned_fasta_is_refused_for_its_gaps() -> None:
    (problem,) = read(b">a\nAC-----GT\n")
    assert "5 of its characters are gaps" in str(problem)


def test_bad_fastq_records_are_told_and_reading_goes_on() -> None:
    text = "@a\nACGT\n+\n@III\n@b\nACGT\n+\nII\n@c\nACGT\n@d\nACGT\n+\nIIII\njunk\nmore\n@e\nACG\n+\n"
    events = read(text.encode())
    assert [e.id for e in events if isinstance(e, SequenceRecord)] == ["a", "d"]
    assert [(e.record, e.line) for e in events if isinstance(e, Problem)] == [
        (2, 5),
        (3, 9),
        (None, 15),
        (5, 17),
    ]


def test_bad_rows_of_tables_are_told_and_reading_goes_on() -> None:
    text = 'name,sequence,topology\na,ACGT,\nb,ACGT,9,9\nc,"ACGT,\nd,ACGT,round\ne,,\nf,ACGT,linear\n'
    events = read(text.encode())
    assert [(e.id, e.circular) for e in events if isinstance(e, SequenceRecord)] == [
        ("a", True),
        ("f", False),
    ]
    assert [(e.record, e.line) for e in events if isinstance(e, Problem)] == [(2, 3), (3, 4), (4, 5), (5, 6)]
    lines = ['{"seq": "AC"}', "{bad", "[1]", '{"seq": 5}', '{"name": "x"}', "[" * 100_000, '{"seq": "GT"}']
    events = read("\n".join(lines).encode())
    assert [e.sequence for e in events if isinstance(e, SequenceRecord)] == ["AC", "GT"]
    assert [e.line for e in events if isinstance(e, Problem)] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_damaged_compression_keeps_the_records_before_it(suffix: str) -> None:
    many = [Plasmid(f"p{n}", f"{'ACGT' * 9}{n:b}".replace("0", "A").replace("1", "C")) for n in range(40_000)]
    whole = COMPRESSIONS[suffix](by_biopython(many, "fasta-2line").encode())
    events = read(whole[: len(whole) * 9 // 10])
    *records, problem = events
    assert len(records) > 10_000
    assert [r.id for r in records if isinstance(r, SequenceRecord)] == [p.name for p in many[: len(records)]]
    kind = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}[suffix]
    assert f"record {len(records) + 1:,}: the {kind} data is damaged: " in str(problem)
    (problem,) = read(whole[:12])
    assert f"the {kind} data is damaged" in str(problem)


def test_trailing_bytes_after_gzip_data_are_a_problem() -> None:
    *_, problem = read(gzip.compress(b">a\nACGT\n>b\nAC\n") + b"junk")
    assert "the gzip data is damaged: Not a gzipped file" in str(problem)


def test_a_chromosome_is_refused_and_the_next_record_is_read() -> None:
    long = b"ACGT" * (MAX_BASES // 4 + 1)
    for text in (
        b">a\n" + long + b"\n>b\nACGT\n",
        b"a,sequence\n1," + long + b"\n1,ACGT\n",
        long + b"\n\nACGT\n",
    ):
        problem, found = read(text)
        assert "longer than 10,000,000 letters" in str(problem)
        assert isinstance(found, SequenceRecord)
        assert (found.sequence, found.number) == ("ACGT", 2)


def test_snapgene_with_two_sequences_is_refused() -> None:
    twice = snapgene(THREE[0]) + struct.pack(">BI", 0, 5) + b"\x01ACGT"
    (problem,) = read(twice, "x.dna")
    assert "more than one DNA packet" in str(problem)
