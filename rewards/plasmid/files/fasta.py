"""Reads FASTA and FASTQ, record by record."""

import io
import re
from collections import deque
from collections.abc import Iterator

from rewards.plasmid.files.decode import Line
from rewards.plasmid.files.letters import Letters
from rewards.plasmid.files.record import Draft, Problem

COMMENTS = ("#", ";", "!")
"""First characters of lines that are comments in FASTA and in raw text."""

_TOPOLOGY = re.compile(r"\[topology=(circular|linear)\]", re.IGNORECASE)
"""How NCBI's submission tools state the topology in a header."""


def read_fasta(lines: Iterator[Line], source: str) -> Iterator[Draft | Problem]:
    """The records of FASTA, and text before the first header as a problem.

    Biopython's reader holds lines of any length and counts neither lines nor records; this one does.
    """
    number, begins, title = 0, 0, ""
    letters = Letters()
    for line in lines:
        text = line.text.strip()
        if text.startswith(">"):
            if number:
                yield _draft(number, begins, title, letters)
            number, begins, title, letters = number + 1, line.number, text[1:], Letters()
        elif number:
            if not text.startswith(COMMENTS):
                letters.add(text)
        elif text and not text.startswith(COMMENTS) and not begins:
            begins = line.number
            yield Problem(source, "text before the first header (a line that begins with >)", line=begins)
    if number:
        yield _draft(number, begins, title, letters)


def _draft(number: int, line: int, title: str, letters: Letters) -> Draft:
    stated = _TOPOLOGY.search(title)
    name, *_ = title.split(maxsplit=1) or [""]
    return Draft(number, line, name, str(letters), stated and stated[1].lower() == "circular")


def read_fastq(lines: Iterator[Line], source: str) -> Iterator[Draft | Problem]:
    """The records of FASTQ. After a bad record, reading goes on at the next line that begins with @."""
    from Bio.SeqIO.QualityIO import FastqGeneralIterator

    waiting: deque[Line] = deque()
    number, lost = 0, False
    while (line := _next(lines, waiting)) is not None:
        if not line.text.startswith("@"):
            if line.text.strip() and not lost:
                yield Problem(source, "a record must begin with @", line=line.number)
                lost = True
            continue
        number, lost = number + 1, False
        record = _record(line, lines, waiting)
        try:
            ((title, sequence, _),) = FastqGeneralIterator(io.StringIO("\n".join(record)))
        except ValueError as error:
            yield Problem(source, str(error), number, line.number)
        else:
            yield Draft(number, line.number, (title.split() or [""])[0], sequence)


def _next(lines: Iterator[Line], waiting: deque[Line]) -> Line | None:
    return waiting.popleft() if waiting else next(lines, None)


def _record(title: Line, lines: Iterator[Line], waiting: deque[Line]) -> list[str]:
    """The lines of a record: the header, the letters, +, and as many lines of quality as of letters.

    A line with @ that is no quality of the right length begins the next record and is put back.
    """
    record = [title.text]
    sizes: list[int] = []
    while (line := _next(lines, waiting)) is not None:
        if line.text.startswith("@"):
            waiting.append(line)
            return record
        record.append(line.text)
        if line.text.startswith("+"):
            break
        sizes.append(len(line.text))
    for size in sizes:
        if (line := _next(lines, waiting)) is None:
            break
        if line.text.startswith("@") and len(line.text) != size:
            waiting.append(line)
            break
        record.append(line.text)
    return record
