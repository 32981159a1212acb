"""Reads raw text: letters without any header, wrapped or one sequence per line, as pasted from anywhere."""

import re
from collections.abc import Iterator
from itertools import groupby

from rewards.plasmid.files.decode import Line
from rewards.plasmid.files.fasta import COMMENTS
from rewards.plasmid.files.letters import foreign_in, is_dna
from rewards.plasmid.files.record import MAX_BASES, Draft, Note, Problem

_WIDTHS = range(10, 121)
"""Widths at which programs wrap sequences."""
_AROUND = ("ORIGIN", "//")
"""Lines around the sequence of a GenBank record, which are copied with it."""
_NOTHING, _DNA = 0, -1
"""Kinds of lines."""
_NOT_LETTERS = re.compile(r"[\s\d]+")


def read_raw(lines: Iterator[Line], source: str) -> Iterator[Draft | Note | Problem]:
    """The sequences of a text; a line that is blank or not DNA ends a block.

    A block is one wrapped sequence if all its lines have the same width of 10 to 120 letters (the last may be
    shorter); otherwise each line is a sequence. White space and line numbers do not count. A note says
    which it was where that is in doubt.
    """
    number = 0
    content = (line for line in lines if not line.text.lstrip().startswith(COMMENTS))
    for kind, block in groupby(map(_letters, content), _kind):
        if kind != _NOTHING:
            for found in _read(block, source):
                if isinstance(found, Note):
                    yield found
                    continue
                number += 1
                foreign = foreign_in(found.text)
                if foreign and is_dna(
                    found.text
                ):  # probably another format, whose names were taken for letters
                    what = f"raw text with characters that are no code of a base: {foreign}"
                    yield Problem(source, what, number, found.number)
                else:
                    yield Draft(number, found.number, "", found.text)


def _letters(line: Line) -> Line:
    """The line without white space and numbers."""
    around = line.text.strip() in _AROUND
    return Line(line.number, "" if around else _NOT_LETTERS.sub("", line.text))


def _kind(line: Line) -> int:
    """The kind of a line: neighbours of one kind are a block. A line that is not DNA stands alone."""
    if not line.text:
        return _NOTHING
    return _DNA if is_dna(line.text) else line.number


def _read(block: Iterator[Line], source: str) -> Iterator[Line | Note]:
    """The sequences of a block, each with the line where it begins."""
    first = next(block)
    width = size = len(first.text)
    held = [first]
    for line in block:
        if width not in _WIDTHS or len(held[-1].text) < width or len(line.text) > width:
            if width in _WIDTHS:
                yield Note(source, f"the lines from {first.number:,} on are read as one sequence each")
            yield from (*held, line)
            yield from block
            return
        if size <= MAX_BASES:
            held.append(line)
            size += len(line.text)
    yield Line(first.number, "".join(line.text for line in held))
    if len(held) > 1 and len(held[-1].text) == width:
        yield Note(
            source, f"the lines from {first.number:,} on, of equal width, are read as one wrapped sequence"
        )
