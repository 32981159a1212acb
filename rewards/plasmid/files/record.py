"""What the readers yield: records, problems and notes; and what can be set for reading."""

from dataclasses import dataclass

FORMATS = ("fasta", "genbank", "embl", "snapgene", "fastq", "csv", "tsv", "jsonl", "raw")
"""The formats that are read."""
MAX_BASES = 10_000_000
"""Most letters of one record. Longer ones are chromosomes; the limit bounds the memory of a command."""


def printable(text: str) -> str:
    """The text on one line, with a replacement character for each that cannot be printed."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


@dataclass(frozen=True, slots=True)
class SequenceRecord:
    """A sequence as written in its file, except that spaces and digits are left out and U is T.

    Attributes:
        id: Its name.
        sequence: Its letters.
        circular: Whether its ends are joined.
        source: The file that it is from.
        number: Its number in that file, from 1; records that could not be read are counted too.
    """

    id: str
    sequence: str
    circular: bool
    source: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, as one line of text: where it is and what is wrong."""

    source: str
    what: str
    record: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.source}: {self.detail}"

    @property
    def detail(self) -> str:
        """What is wrong, and where in the file."""
        place = [
            f"{name} {n:,}" for name, n in (("record", self.record), ("line", self.line)) if n is not None
        ]
        return printable(": ".join(filter(None, (", ".join(place), self.what))))


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a reader decided and a user may want to know. Nothing is wrong."""

    source: str
    what: str

    def __str__(self) -> str:
        return printable(f"{self.source}: {self.what}")


class Skipped(Note):
    """A file of a folder that holds no sequence."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A record as a reader found it, before its letters are checked.

    Attributes:
        number: Its number in the file, from 1.
        line: The line where it begins, from 1; None in a binary file.
        id: Its name; empty if it has none.
        sequence: Its letters.
        circular: The topology that it states; None if it states none.
        written_by_model: Whether any text is acceptable, because a model wrote it.
    """

    number: int
    line: int | None
    id: str
    sequence: str
    circular: bool | None = None
    written_by_model: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """How to read.

    Attributes:
        format: The format of all files, one of `FORMATS`; None to recognise each.
        column: The column of tables that has the sequence; None for one of the usual names.
        circular: The topology of records that state none.
    """

    format: str | None = None
    column: str | None = None
    circular: bool = True


class NoSequencesError(ValueError):
    """The content is not a file of sequences. The message says what it looks like and what to do."""


class DamagedError(ValueError):
    """The content ends early or cannot be decompressed or decoded. The message says which."""
