"""Annotated plasmids of the data packages: MoClo registries, BASIC/SEVA vectors, SpliceCraft's demo set."""

import bz2
import io
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewards.plasmid.library.packages import literal_assignments, package_files

MOCLO_PACKAGES = ("moclo-ytk", "moclo-cidar", "moclo-ecoflex")


@dataclass(frozen=True, slots=True)
class PlasmidRecord:
    """A circular plasmid and the package that contains it."""

    id: str
    sequence: str
    source: str


def corpus_files() -> list[Path]:
    """All files that `genbank_records` reads."""
    files = [
        path for package in MOCLO_PACKAGES for path in package_files(package, ".json.bz2", "moclo/registry/")
    ]
    files += package_files("basicsynbio", ".gb", "basicsynbio/parts_linkers/")
    files += package_files("splicecraft", "splicecraft_demo_plasmids.py")
    return files


def genbank_records() -> Iterator[tuple[str, Any]]:
    """All GenBank records of the data packages.

    Yields:
        `(package, record)`, the record as Biopython's `SeqRecord`.
    """
    from Bio import BiopythonWarning, SeqIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BiopythonWarning)  # notes in the registries are badly quoted
        for package in MOCLO_PACKAGES:
            for path in package_files(package, ".json.bz2", "moclo/registry/"):
                for entry in json.loads(bz2.decompress(path.read_bytes())):
                    yield package, SeqIO.read(io.StringIO(entry["gb"]), "genbank")
        for path in package_files("basicsynbio", ".gb", "basicsynbio/parts_linkers/"):
            for record in SeqIO.parse(path, "genbank"):
                yield "basicsynbio", record
        for path in package_files("splicecraft", "splicecraft_demo_plasmids.py"):
            for entry in json.loads(literal_assignments(path)["_SEED"])["plasmids"]:
                yield "splicecraft", SeqIO.read(io.StringIO(entry["gb_text"]), "genbank")


def annotated_plasmids() -> list[PlasmidRecord]:
    """The circular plasmids of all data packages, in a fixed order. Each sequence occurs once.

    Raises:
        MissingDataPackageError: If one of the packages is not installed.
    """
    plasmids: dict[str, PlasmidRecord] = {}
    for source, record in genbank_records():
        sequence = str(record.seq).upper()
        if record.annotations.get("topology") == "circular":
            plasmids.setdefault(sequence, PlasmidRecord(str(record.name or record.id), sequence, source))
    return list(plasmids.values())
