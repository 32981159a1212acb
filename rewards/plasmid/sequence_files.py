"""Reads sequences from FASTA, GenBank or raw text. The first characters decide which it is."""

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass


class UnreadableSequencesError(ValueError):
    """The text contains no readable sequence."""


@dataclass(frozen=True, slots=True)
class SequenceRecord:
    """A sequence as written in the file, its name, and whether its ends are joined."""

    id: str
    sequence: str
    circular: bool


def read_sequences(text: str) -> Iterator[SequenceRecord]:
    """The sequences in a text, in order.

    A text that begins with `>` is FASTA, one that begins with `LOCUS` is GenBank. Anything else is raw: one
    sequence per line, or one wrapped sequence if all lines have the same width of 10 to 120 characters (the
    last may be shorter). All sequences are circular except GenBank records marked as linear. Letters are
    kept as written.

    Raises:
        UnreadableSequencesError: If the text is empty or its GenBank cannot be parsed.
    """
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        raise UnreadableSequencesError("the input is empty: it contains no sequence")
    if start.startswith(">"):
        yield from _fasta(start)
    elif start.startswith("LOCUS"):
        yield from _genbank(start)
    else:
        yield from _raw(start)


def _fasta(text: str) -> Iterator[SequenceRecord]:
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    for number, (title, sequence) in enumerate(SimpleFastaParser(io.StringIO(text)), 1):
        name = title.split(maxsplit=1)[0] if title.strip() else f"sequence_{number}"
        yield SequenceRecord(name, sequence, True)


def _genbank(text: str) -> Iterator[SequenceRecord]:
    from Bio import BiopythonWarning, SeqIO
    from Bio.Seq import UndefinedSequenceError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BiopythonWarning)
        try:
            for number, record in enumerate(SeqIO.parse(io.StringIO(text), "genbank"), 1):
                named = [name for name in (record.name, record.id) if name.strip(".") and name[0] != "<"]
                circular = record.annotations.get("topology") != "linear"
                yield SequenceRecord(named[0] if named else f"sequence_{number}", str(record.seq), circular)
        except UndefinedSequenceError as error:
            raise UnreadableSequencesError("a GenBank record has no sequence (no ORIGIN section)") from error
        except ValueError as error:
            raise UnreadableSequencesError(f"the GenBank text cannot be parsed: {error}") from error


def _raw(text: str) -> Iterator[SequenceRecord]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    widths = [len(line) for line in lines]
    if (
        len(lines) > 1
        and 10 <= widths[0] <= 120
        and set(widths[:-1]) == {widths[0]}
        and widths[-1] <= widths[0]
    ):
        lines = ["".join(lines)]
    for number, line in enumerate(lines, 1):
        yield SequenceRecord(f"sequence_{number}", line, True)
