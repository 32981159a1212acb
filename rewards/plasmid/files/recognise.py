"""Tells the format of a file: by its content first, and where that leaves it open by the end of its name."""

import json
import re
from pathlib import PurePath

from rewards.plasmid.files.decode import SAMPLE, Line, sample_text
from rewards.plasmid.files.fasta import COMMENTS, read_fasta
from rewards.plasmid.files.foreign import foreign_bytes, foreign_text
from rewards.plasmid.files.letters import cleaned, is_dna, outside
from rewards.plasmid.files.record import Draft, NoSequencesError
from rewards.plasmid.files.snapgene import MAGIC
from rewards.plasmid.files.table import DELIMITERS, SEPARATOR, cells_of, find_column

_SUFFIXES = {
    "fasta": (".fa", ".fasta", ".fna", ".fas", ".ffn", ".fsa"),
    "genbank": (".gb", ".gbk", ".gbff", ".genbank", ".ape"),
    "embl": (".embl",),
    "snapgene": (".dna",),
    "fastq": (".fq", ".fastq"),
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "jsonl": (".jsonl", ".ndjson"),
}
_COMPRESSED = (".gz", ".bz2", ".xz")
_ELSEWHERE = (("genbank", r"LOCUS\s"), ("embl", "ID   "), ("fasta", ">"))
"""Beginnings of lines that tell a format although other text stands before them."""
EMPTY = "the input is empty: it contains no sequence"
"""The problem of a file without content."""
_ADVICE = "a file of DNA sequences is wanted (--format says how to read it anyway)"


def claimed_format(source: str) -> str | None:
    """The format that the end of a file's name stands for, without .gz, .bz2 or .xz; None if for none."""
    suffixes = [suffix.lower() for suffix in PurePath(source).suffixes]
    if suffixes[-1:] and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return next((name for name, known in _SUFFIXES.items() if suffixes[-1:] and suffixes[-1] in known), None)


def recognise(head: bytes, source: str, column: str | None) -> str:
    """The format of a file, one of `FORMATS`, from its first bytes (not compressed) and its name.

    Raises:
        NoSequencesError: If it is none of them.
    """
    if head.startswith(MAGIC):
        return "snapgene"
    if foreign := foreign_bytes(head):
        raise NoSequencesError(f"this looks like {foreign}")
    try:
        sample = sample_text(head).replace("\ufeff", "")
    except UnicodeDecodeError:
        raise NoSequencesError(f"this looks like binary data of an unknown kind: {_ADVICE}") from None
    if foreign := foreign_text(sample):
        raise NoSequencesError(f"this looks like {foreign}")
    lines = [line.strip() for line in sample.splitlines() if line.strip()]
    if not lines:
        raise NoSequencesError(EMPTY)
    name = _by_first_lines(lines) or _as_table(lines, column) or _by_any_line(sample)
    whole = len(head) < SAMPLE
    if name == "fasta":
        _refuse_protein(sample, whole)
    if name == "jsonl":
        _refuse_other_json(lines, whole)
    return name or _by_letters(lines, claimed_format(source))


def _by_first_lines(lines: list[str]) -> str | None:
    if re.match(r"LOCUS\b", lines[0]):
        return "genbank"
    if lines[0].startswith("ID   "):
        return "embl"
    if lines[0].startswith("@") and any(line.startswith("+") for line in lines[1:]):
        return "fastq"
    if lines[0].startswith(("{", "[")):
        return "jsonl"
    after = next((line for line in lines if not line.startswith(COMMENTS)), "")
    return "fasta" if after.startswith(">") else None


def _as_table(lines: list[str], column: str | None) -> str | None:
    """CSV or TSV if the first line has a usual or the wanted column, or all lines as many delimiters."""
    if SEPARATOR.match(lines[0]):
        return "csv"
    for name, delimiters in DELIMITERS.items():
        if any(find_column(cells_of(lines[0], delimiter), column) for delimiter in delimiters):
            return name
    for name, delimiters in DELIMITERS.items():
        for delimiter in delimiters:
            counts = {line.count(delimiter) for line in lines[:10]}
            if len(lines) > 1 and len(counts) == 1 and counts != {0}:
                return name
    return None


def _by_any_line(sample: str) -> str | None:
    return next(
        (name for name, pattern in _ELSEWHERE if re.search(rf"^{pattern}", sample, re.MULTILINE)), None
    )


def _by_letters(lines: list[str], claimed: str | None) -> str:
    """Raw text if the lines are DNA; a table if the name says so.

    Raises:
        NoSequencesError: If they are not.
    """
    text = re.sub(r"[\s\d]+", "", "".join(line for line in lines if not line.startswith(COMMENTS)))
    if claimed in DELIMITERS:
        return claimed
    if not text:
        raise NoSequencesError(f"there are no letters in it, only comments or numbers: {_ADVICE}")
    if is_dna(text):
        return "raw"
    kind = f"text without the marks of {claimed}" if claimed else "text"
    raise NoSequencesError(f"this looks like {kind}, {outside(text)}: {_ADVICE}")


def _refuse_protein(sample: str, whole: bool) -> None:
    """Raise an error if no record of a FASTA sample is DNA. The last one may be cut off."""
    numbered = (Line(number, text) for number, text in enumerate(sample.splitlines(), 1))
    bodies = [found.sequence for found in read_fasta(numbered, "") if isinstance(found, Draft)]
    judged = [cleaned(body)[0] for body in (bodies if whole or len(bodies) == 1 else bodies[:-1]) if body]
    if judged and not any(map(is_dna, judged)):
        raise NoSequencesError(f"this looks like protein FASTA, {outside(''.join(judged))}: {_ADVICE}")


def _refuse_other_json(lines: list[str], whole: bool) -> None:
    """Raise an error if no line of a sample is a JSON object. The last line may be cut off."""

    def is_object(line: str) -> bool:
        try:
            return isinstance(json.loads(line), dict)
        except (ValueError, RecursionError):
            return False

    if (whole or len(lines) > 1) and not any(map(is_object, lines)):
        raise NoSequencesError(
            "this looks like JSON, but no line of it is an object: write one object per line (JSON Lines)"
        )
