"""Reads SnapGene's binary files (.dna)."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rewards.error_text import first_line
from rewards.plasmid.files.record import Draft, Problem

MAGIC = b"\t\x00\x00\x00\x0eSnapGene"
"""The cookie packet with which every file begins."""


def read_snapgene(stream: IO[bytes], source: str) -> Iterator[Draft | Problem]:
    """The one sequence of a file. It is named like the file, because the format has no name of its own."""
    from Bio import SeqIO

    try:
        record = SeqIO.read(stream, "snapgene")
    except Exception as error:  # the reader raises errors of many kinds for what it does not expect
        yield Problem(source, f"the SnapGene file cannot be read: {first_line(error)}")
    else:
        name, dot, _ = Path(source).name.partition(".dna")
        circular = record.annotations["topology"] == "circular"
        yield Draft(1, None, name if dot else "", str(record.seq), circular)
