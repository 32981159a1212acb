"""The one entry to reading: files, folders and standard input in, records, problems and notes out."""

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

from rewards.plasmid.files.decode import lines, unpack
from rewards.plasmid.files.fasta import read_fasta, read_fastq
from rewards.plasmid.files.flat import EMBL, GENBANK, read_flat
from rewards.plasmid.files.letters import cleaned, excess_of, fault_of
from rewards.plasmid.files.raw import read_raw
from rewards.plasmid.files.recognise import EMPTY, recognise
from rewards.plasmid.files.record import (
    DamagedError,
    Draft,
    NoSequencesError,
    Note,
    Options,
    Problem,
    SequenceRecord,
    Skipped,
    printable,
)
from rewards.plasmid.files.snapgene import read_snapgene
from rewards.plasmid.files.table import read_json_lines, read_table

Watch = Callable[[str, int, int | None], None]
"""Called with a source, the number of its bytes that have been read, and how many it has if that is known."""

Event = SequenceRecord | Problem | Note

STDIN = "standard input"
"""The source of records that are read from `-`."""
_DEFAULT = Options()


def _ignore(source: str, done: int, size: int | None) -> None:
    """Watches nothing."""


def read_paths(paths: Iterable[Path], options: Options = _DEFAULT, watch: Watch = _ignore) -> Iterator[Event]:
    """What is in files and folders, in order: records, and what was wrong, decided or skipped.

    Never raises an error for what it reads. A folder is walked with all its folders, sorted; names that begin
    with a point are passed over. Memory is bounded by `MAX_BASES`, whatever the size of a file.

    Args:
        paths: Files, folders and `-` for standard input.
        options: How to read.
        watch: Is told how far the reading is.
    """
    for path in paths:
        if os.path.isdir(path):
            found = False
            for event in _walk(path, options, watch):
                found |= not isinstance(event, Note)
                yield event
            if not found:
                yield Problem(str(path), "no file with a sequence is in this folder")
        else:
            yield from _read_file(path, options, watch)


def _walk(folder: Path, options: Options, watch: Watch) -> Iterator[Event]:
    denied: list[OSError] = []
    for here, folders, names in os.walk(folder, onerror=denied.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here, name)
            if name.startswith("."):
                continue
            if os.path.isfile(path):
                yield from _read_file(path, options, watch, in_folder=True)
            elif not os.path.exists(path):
                yield Problem(str(path), "a link to nothing")
    for error in denied:
        yield Problem(str(error.filename), error.strerror or str(error))


def _read_file(path: Path, options: Options, watch: Watch, in_folder: bool = False) -> Iterator[Event]:
    source = STDIN if str(path) == "-" else printable(str(path))
    try:
        with _opened(path) as stream:
            yield from read_stream(stream, source, options, watch, in_folder)
    except OSError as error:
        yield Problem(source, error.strerror or str(error))


def _opened(path: Path) -> AbstractContextManager[IO[bytes]]:
    if str(path) != "-":
        return path.open("rb")
    if sys.stdin is None:
        raise OSError("it is closed")
    return nullcontext(sys.stdin.buffer)


def read_stream(
    stream: IO[bytes],
    source: str,
    options: Options = _DEFAULT,
    watch: Watch = _ignore,
    in_folder: bool = False,
) -> Iterator[Event]:
    """What is in a stream of bytes, as `read_paths` yields it.

    Args:
        stream: The bytes as stored.
        source: Its name, which tells the format if its content does not.
        options: How to read.
        watch: Is told how far the reading is.
        in_folder: Whether content that is no file of sequences is skipped; otherwise it is a problem.

    Raises:
        OSError: If the system cannot read the stream.
    """
    number, nothing = 0, True
    said: set[str] = set()
    try:
        for found in _found(stream, source, options, watch):
            nothing &= isinstance(found, Note)
            if isinstance(found, Draft):
                number = found.number
                record, notes = _checked(found, source, options)
                for note in notes:
                    if note not in said:
                        said.add(note)
                        yield Note(source, f"{note} (first in record {number:,})")
                yield record
            else:
                if isinstance(found, Problem) and found.record is not None:
                    number = found.record
                yield found
        if nothing:
            yield Problem(source, "it contains no record")
    except NoSequencesError as error:
        yield Skipped(source, str(error)) if in_folder else Problem(source, str(error))
    except DamagedError as error:
        yield Problem(source, f"{error}; nothing is read from this record on", number + 1)


def _found(
    stream: IO[bytes], source: str, options: Options, watch: Watch
) -> Iterator[Draft | Problem | Note]:
    """What the reader of the right format yields."""
    size = _size_of(stream)
    head, unpacked = unpack(stream, size, lambda done: watch(source, done, size))
    if not head:
        raise NoSequencesError(EMPTY)
    name = options.format or recognise(head, source, options.column)
    if name == "snapgene":
        return read_snapgene(unpacked, source)
    text = lines(head, unpacked)
    readers: dict[str, Callable[[], Iterator[Draft | Problem | Note]]] = {
        "fasta": lambda: read_fasta(text, source),
        "fastq": lambda: read_fastq(text, source),
        "genbank": lambda: read_flat(text, source, GENBANK),
        "embl": lambda: read_flat(text, source, EMBL),
        "csv": lambda: read_table(text, source, "csv", options.column),
        "tsv": lambda: read_table(text, source, "tsv", options.column),
        "jsonl": lambda: read_json_lines(text, source, options.column),
        "raw": lambda: read_raw(text, source),
    }
    return readers[name]()


def _size_of(stream: IO[bytes]) -> int | None:
    """Number of bytes of a regular file; None for pipes, devices and what has no descriptor."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _checked(draft: Draft, source: str, options: Options) -> tuple[SequenceRecord | Problem, list[str]]:
    """The record, or what is wrong with its letters; and notes about how they were read."""
    sequence, notes = draft.sequence, list[str]()
    if draft.written_by_model:
        fault = excess_of(sequence)
    else:
        sequence, notes = cleaned(sequence)
        fault = fault_of(sequence)
    if fault:
        named = f" ({draft.id})" if draft.id else ""
        return Problem(source, fault + named, draft.number, draft.line), []
    circular = options.circular if draft.circular is None else draft.circular
    name = printable(draft.id) or f"sequence_{draft.number}"
    return SequenceRecord(name, sequence, circular, source, draft.number), notes
