"""Tables for spreadsheets: one row a record."""

import csv
import io
import math
from collections.abc import Iterable

from rewards.explain import Explained
from rewards.plasmid.export.formats import TextFormat
from rewards.plasmid.shown import shown_name

COLUMNS = ("name", "length", "topology", "qc", "qc_reason", "origins", "markers", "total")
"""The first columns; then come the notes, and the score of each component as `score_NAME`. `qc` is `pass` or
`fail`."""


class Table(TextFormat):
    """A table with this separator. An unscored value is an empty cell.

    Args:
        separator: The text between two cells.
    """

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self._notes: tuple[str, ...] = ()

    def head(self, first: Explained) -> str:
        """The row of headings. The notes of the first record are those of all."""
        self._notes = tuple(first.notes)
        scores = (f"score_{shown_name(name)}" for name in first.evaluations)
        return self._row([*COLUMNS, *self._notes, *scores])

    def text(self, explained: Explained) -> str:
        """The row of one record."""
        quality = explained.quality
        return self._row(
            [
                _text(explained.record.id),
                explained.annotation.length,
                explained.topology,
                "pass" if quality.passed else "fail",
                _text(quality.reason),
                _text("; ".join(quality.origins)),
                _text("; ".join(quality.markers)),
                _score(None if math.isnan(explained.total) else explained.total),
                *(_note(explained.notes.get(name, "")) for name in self._notes),
                *(_score(evaluation.score) for evaluation in explained.evaluations.values()),
            ]
        )

    def _row(self, cells: Iterable[object]) -> str:
        line = io.StringIO()
        csv.writer(line, delimiter=self.separator, lineterminator="\n").writerow(cells)
        return line.getvalue()


def _text(text: str) -> str:
    """A text that no spreadsheet executes: an apostrophe stands before what would begin a formula."""
    text = shown_name(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _note(value: str | float) -> str:
    return _text(value) if isinstance(value, str) else f"{value:g}"


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.6g}"
