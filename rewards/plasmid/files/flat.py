"""Reads GenBank and EMBL, record by record, so that a bad record costs no other."""

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rewards.error_text import first_line
from rewards.plasmid.files.decode import Line
from rewards.plasmid.files.record import MAX_BASES, Draft, Problem

_PLACEHOLDERS = ("exported", "exported.1", "_unknown_name_", "untitled")
"""Names that programs write for want of one; `exported.1` is that of our own header."""
_TOPOLOGY = re.compile(r"\b(circular|linear)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Flat:
    """A flat file format.

    Attributes:
        name: Its name; in lower case, its name in Biopython.
        first: The keyword of a record's first line.
        pattern: That line: name, number of letters, unit and what follows or precedes them.
        kept: Keywords of the lines before the sequence that are read. A slip in any other, such as a
            feature or a comment, does not matter here.
        origin: The keyword after which the sequence stands.
        head: The first lines as Biopython reads them, for a number of letters; variants of them are many.
    """

    name: str
    first: str
    pattern: re.Pattern[str]
    kept: tuple[str, ...]
    origin: str
    head: str


GENBANK = Flat(
    "GenBank",
    "LOCUS",
    re.compile(
        r"LOCUS\s+(?P<name>.*?)\s*(?<!\S)(?P<length>\d+)\s+(?P<unit>bp|aa)\b(?P<rest>.*)", re.IGNORECASE
    ),
    ("ACCESSION", "VERSION"),
    "ORIGIN",
    "LOCUS       record {length} bp DNA SYN 01-JAN-1980\nDEFINITION  .\n",
)
EMBL = Flat(
    "EMBL",
    "ID",
    re.compile(r"ID\s+(?P<name>[^\s;]+)(?P<rest>.*?)\b(?P<length>\d+)\s+(?P<unit>BP|AA)\b", re.IGNORECASE),
    (),
    "SQ",
    "ID   exported; SV 1; linear; DNA; STD; SYN; {length} BP.\nDE   .\n",
)


@dataclass
class _Part:
    """The lines of a record that are read, or of a text between records."""

    line: int
    first: str
    kept: list[str]
    size: int = 0
    has_origin: bool = False


def read_flat(lines: Iterator[Line], source: str, flat: Flat) -> Iterator[Draft | Problem]:
    """The records, in order. One that cannot be read or has not the stated length is a problem."""
    number = 0
    for part in _parts(lines, flat):
        if _begins_record(part.first, flat):
            number += 1
            yield _read(part, number, source, flat)
        elif number or part.has_origin:  # before the first record, archives have a header of their own
            yield Problem(source, f"text outside a record: no {flat.first} line before it", line=part.line)


def _begins_record(text: str, flat: Flat) -> bool:
    return text.split(maxsplit=1)[:1] == [flat.first]


def _parts(lines: Iterator[Line], flat: Flat) -> Iterator[_Part]:
    part: _Part | None = None
    for number, text in lines:
        begins = _begins_record(text, flat)
        if part and (begins or text.startswith("//")):
            yield part
            part = None
        if begins or (part is None and text.strip() and not text.startswith("//")):
            part = _Part(number, text, [])
        elif part and text.strip():
            keyword = "" if text[0].isspace() else text.split(maxsplit=1)[0]
            part.has_origin |= keyword == flat.origin
            if (part.has_origin or keyword in flat.kept) and part.size < 2 * MAX_BASES:
                part.kept.append(text)
                part.size += len(text)
    if part:
        yield part


def _read(part: _Part, number: int, source: str, flat: Flat) -> Draft | Problem:
    from Bio import BiopythonWarning, SeqIO

    def problem(what: str) -> Problem:
        return Problem(source, what, number, part.line)

    stated = flat.pattern.match(part.first)
    if stated is None:
        shown = " ".join(part.first.split())[:80]
        return problem(f"the {flat.first} line of {flat.name} states no length in bp: {shown!r}")
    if stated["unit"].lower() == "aa":
        return problem(f"a protein of {stated['length']} amino acids, not DNA")
    if not part.has_origin:
        return problem(f"it has no sequence (no {flat.origin} section)")
    length = int(stated["length"])
    text = flat.head.format(length=length) + "\n".join(part.kept) + "\n//\n"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BiopythonWarning)
            record = SeqIO.read(io.StringIO(text), flat.name.lower())
        sequence = str(record.seq) if record.seq.defined else ""
    except Exception as error:  # the reader raises errors of many kinds for what it does not expect
        return problem(f"the {flat.name} record cannot be read: {first_line(error)}")
    if len(sequence) != length:
        return problem(f"{flat.first} says {length:,} bp, {len(sequence):,} found; it may be cut off")
    topology = _TOPOLOGY.search(stated["rest"])
    named = [name for name in (stated["name"], record.id) if not _is_placeholder(name)]
    circular = None if topology is None else topology[1].lower() == "circular"
    return Draft(number, part.line, named[0] if named else _file_name(source, number), sequence, circular)


def _is_placeholder(name: str) -> bool:
    """Whether a program wrote this name for want of one; SnapGene writes `Exported`."""
    return not name.strip(".") or name[0] == "<" or name.lower() in _PLACEHOLDERS


def _file_name(source: str, number: int) -> str:
    """The name of the file without its suffixes, for a record without a name; numbered from the second on."""
    name = Path(source).name.partition(".")[0]
    return name if number == 1 or not name else f"{name}_{number}"
