"""Writes sequences in every format that is read."""

import bz2
import csv
import gzip
import io
import json
import lzma
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from Bio import SeqIO
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from rewards.plasmid.files.read import Event, read_stream
from rewards.plasmid.files.record import Options


@dataclass(frozen=True)
class Plasmid:
    name: str
    sequence: str
    circular: bool = True


def read(data: bytes, source: str = "file", **options) -> list[Event]:
    return list(read_stream(io.BytesIO(data), source, Options(**options)))


def by_biopython(plasmids: Sequence[Plasmid], form: str) -> str:
    records = [
        SeqRecord(
            Seq(p.sequence),
            id=p.name,
            name=p.name,
            annotations={"molecule_type": "DNA", "topology": "circular" if p.circular else "linear"},
            letter_annotations={"phred_quality": [31] * len(p.sequence)},  # @ in the file
        )
        for p in plasmids
    ]
    out = io.StringIO()
    SeqIO.write(records, out, form)
    return out.getvalue()


def table(plasmids: Sequence[Plasmid], delimiter: str) -> str:
    out = io.StringIO()
    rows = csv.writer(out, delimiter=delimiter)
    rows.writerow(["ID", "note", "Sequence", "topology"])
    for p in plasmids:
        rows.writerow([p.name, 'a "quoted"\nnote', p.sequence, "circular" if p.circular else "linear"])
    return out.getvalue()


def json_lines(plasmids: Sequence[Plasmid]) -> str:
    return "".join(
        json.dumps({"name": p.name, "seq": p.sequence, "topology": "circular" if p.circular else "linear"})
        + "\n"
        for p in plasmids
    )


def snapgene(plasmid: Plasmid) -> bytes:
    """A file of two packets: the cookie, and the sequence after a byte whose lowest bit is the topology."""
    cookie = b"SnapGene" + struct.pack(">HHH", 1, 15, 19)
    dna = bytes([0x02 | plasmid.circular]) + plasmid.sequence.encode()
    return b"".join(
        struct.pack(">BI", kind, len(data)) + data for kind, data in ((0x09, cookie), (0x00, dna))
    )


WRITERS: dict[str, Callable[[Sequence[Plasmid]], str]] = {
    "fasta": lambda plasmids: by_biopython(plasmids, "fasta"),
    "fastq": lambda plasmids: by_biopython(plasmids, "fastq"),
    "genbank": lambda plasmids: by_biopython(plasmids, "genbank"),
    "embl": lambda plasmids: by_biopython(plasmids, "embl"),
    "csv": lambda plasmids: table(plasmids, ","),
    "csv with semicolons": lambda plasmids: table(plasmids, ";"),
    "tsv": lambda plasmids: table(plasmids, "\t"),
    "jsonl": json_lines,
}
STATE_TOPOLOGY = set(WRITERS) - {"fasta", "fastq"}
"""The formats whose records say whether they are circular."""

COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
