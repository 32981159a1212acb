"""Reads tables: CSV, TSV and JSON Lines with a column of sequences."""

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rewards.plasmid.files.decode import Line
from rewards.plasmid.files.record import MAX_BASES, Draft, NoSequencesError, Note, Problem

COLUMNS = ("sequence", "seq", "dna", "dna_sequence", "dna sequence", "nucleotides", "completion")
"""Usual names of the column with the sequence, in the order of preference. Case does not matter."""
DELIMITERS = {"tsv": "\t", "csv": ",;"}
"""What may stand between two cells, by format."""

SEPARATOR = re.compile(r"sep=[,;]?$", re.IGNORECASE)
"""A line that Excel may write before the header."""

_NAMES = ("name", "id")
_WRITTEN_BY_MODEL = "completion"
"""A column with this name may contain any text. A `prompt` beside it is the beginning of the molecule."""


def find_column(header: Iterable[str], column: str | None) -> list[str]:
    """The columns that may have the sequence, the best first; with `column`, only that one if it is there."""
    by_name = {name.strip().lower(): name for name in header}
    wanted = COLUMNS if column is None else (column.strip().lower(),)
    return [by_name[name] for name in wanted if name in by_name]


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one line; the whole line where a quote is not closed."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return [line]


def read_table(
    lines: Iterator[Line], source: str, kind: str, column: str | None
) -> Iterator[Draft | Note | Problem]:
    """The records of CSV or TSV, whose first line names the columns. CSV may have semicolons.

    Raises:
        NoSequencesError: If no column, or not the wanted one, is in the first line.
    """
    csv.field_size_limit(MAX_BASES + 1000)
    content = (line for line in lines if line.text.strip() and not SEPARATOR.match(line.text.strip()))
    first = next(content, None)
    if first is None:
        return
    delimiter = max(DELIMITERS[kind], key=first.text.count)
    header = [cell.strip() for cell in cells_of(first.text, delimiter)]
    columns = _Columns(header, column, source)
    yield from columns.notes
    held: list[Line] = []
    waiting: deque[Line] = deque()
    rows = csv.reader(_texts(lines, held, waiting), delimiter=delimiter, strict=True)
    number = 0
    while True:
        held.clear()
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            # An open quote may have swallowed good rows: only the first line is lost.
            number += 1
            yield Problem(source, f"the row cannot be read: {error}", number, held[0].number)
            waiting.extendleft(reversed(held[1:]))
            rows = csv.reader(_texts(lines, held, waiting), delimiter=delimiter, strict=True)
            continue
        if any(cell.strip() for cell in row):
            number += 1
            if len(row) != len(header):
                what = f"{len(row)} cells, but the header has {len(header)}"
                yield Problem(source, what, number, held[0].number)
            else:
                yield columns.draft(dict(zip(header, row, strict=True)), number, held[0].number)


def _texts(lines: Iterator[Line], held: list[Line], waiting: deque[Line]) -> Iterator[str]:
    """The lines, those that wait first, for the reader of rows; `held` gets the lines of the current row."""
    while (line := waiting.popleft() if waiting else next(lines, None)) is not None:
        held.append(line)
        yield line.text + "\n"


def read_json_lines(
    lines: Iterator[Line], source: str, column: str | None
) -> Iterator[Draft | Note | Problem]:
    """The records of JSON Lines: one object per line.

    Raises:
        NoSequencesError: If no key, or not the wanted one, is in the first object.
    """
    columns: _Columns | None = None
    number = 0
    for line in lines:
        if not line.text.strip():
            continue
        number += 1
        try:
            row = json.loads(line.text)
        except (ValueError, RecursionError) as error:
            yield Problem(source, f"not JSON: {error}", number, line.number)
            continue
        if not isinstance(row, dict):
            yield Problem(source, "a JSON object is wanted: {...}", number, line.number)
            continue
        if columns is None:
            columns = _Columns(list(row), column, source)
            yield from columns.notes
        yield columns.draft(row, number, line.number)


class _Columns:
    """Which columns of a table are read."""

    def __init__(self, header: Sequence[str], column: str | None, source: str) -> None:
        found = find_column(header, column)
        if not found:
            wanted = "none of " + ", ".join(COLUMNS) if column is None else f"not {column}"
            shown = ", ".join(name[:30] for name in header[:12])
            raise NoSequencesError(f"a table with the columns {shown}, {wanted}: name one with --column")
        self.source = source
        self.sequence = found[0]
        self.notes = [
            Note(source, f"the sequence is read from the column {found[0]}, not from {', '.join(found[1:])}")
        ] * (len(found) > 1)
        by_name = {name.strip().lower(): name for name in header}
        self.written_by_model = self.sequence.strip().lower() == _WRITTEN_BY_MODEL
        self.prompt = by_name.get("prompt") if self.written_by_model else None
        self.name = next((by_name[name] for name in _NAMES if name in by_name), None)
        self.topology = by_name.get("topology")

    def draft(self, row: dict[str, Any], number: int, line: int) -> Draft | Problem:
        """The record of a row."""
        sequence = row.get(self.sequence)
        prompt = row.get(self.prompt, "") if self.prompt else ""
        if not isinstance(sequence, str) or not isinstance(prompt, str):
            return Problem(self.source, f"no text in the column {self.sequence}", number, line)
        if not self.written_by_model:
            sequence = "".join(sequence.split())
        topology = str(row.get(self.topology) or "").strip().lower() if self.topology else ""
        if topology not in ("", "circular", "linear"):
            return Problem(
                self.source, f"topology must be circular or linear, not {topology!r}", number, line
            )
        name = "" if self.name is None or row.get(self.name) is None else str(row[self.name]).strip()
        return Draft(
            number,
            line,
            name,
            prompt + sequence,
            topology == "circular" if topology else None,
            self.written_by_model,
        )
