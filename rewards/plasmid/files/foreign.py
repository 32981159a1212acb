"""What a file looks like that is not one of sequences, and what to do about it."""

import re
import unicodedata

_EXPORT = "export the sequence as GenBank or FASTA"
_UNPACK = "unpack it and name the files or the folder"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", f"a PDF document: {_EXPORT}"),
    (b"PK\x03\x04", f"a zip archive: {_UNPACK}"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"RIFF", "an image, audio or video file"),
    (b"\x28\xb5\x2f\xfd", "zstd data: decompress it first (gzip, bzip2 and xz are read)"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z archive: {_UNPACK}"),
    (b"Rar!", f"a RAR archive: {_UNPACK}"),
    (b"\x1f\x8b", "gzip data inside compressed data: decompress it once"),
    (b"BZh", "bzip2 data inside compressed data: decompress it once"),
    (b"\xfd7zXZ", "xz data inside compressed data: decompress it once"),
    (b"\xd0\xcf\x11\xe0", f"an old Office document: {_EXPORT}, or save the table as CSV"),
    (b"ABIF", "an ABI trace (.ab1): export the sequence of the assembled plasmid as FASTA"),
    (b".scf", "an SCF trace: export the sequence of the assembled plasmid as FASTA"),
    (b"BAM\x01", "BAM alignments: a FASTA or GenBank file of the plasmid is wanted"),
    (b"{\\rtf", "an RTF document: save it as plain text"),
    (b"\x7fELF", "a program"),
    (b"SQLite format", "an SQLite database"),
)
_OFFICE = re.compile(rb"\[Content_Types\]\.xml|(xl|word|ppt)/")
_TEXT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), what)
    for pattern, what in (
        (
            r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<(!doctype\s+)?html",
            "an HTML page: download the sequence itself",
        ),
        (r"<", f"XML or HTML: {_EXPORT}"),
        (r"CLUSTAL|MUSCLE", "a Clustal alignment: export the unaligned sequences as FASTA"),
        (r"# STOCKHOLM", "a Stockholm alignment: export the unaligned sequences as FASTA"),
        (r"#NEXUS", "a NEXUS alignment: export the unaligned sequences as FASTA"),
        (r"##gff-version", "GFF annotations: the sequence is wanted, as GenBank or FASTA"),
        (r"##fileformat=VCF", "VCF variants: the sequence is wanted, as GenBank or FASTA"),
        (r"@(HD|SQ|RG|PG|CO)\t", "SAM alignments: a FASTA or GenBank file of the plasmid is wanted"),
        (r">(P1|F1|DL|DC|RL|RC|N1|N3|XX);", "PIR: export it as FASTA"),
        (r"ID   .*\bAA\.?\s*$", "a protein record, not DNA"),
        (r"(HEADER|ATOM  |CRYST1) ", "a PDB structure, not DNA"),
    )
)


def foreign_bytes(head: bytes) -> str:
    """What bytes with these first ones look like, and what to do; empty if nothing known."""
    if head[257:262] == b"ustar":
        return f"a tar archive: {_UNPACK}"
    if head.startswith(b"PK\x03\x04") and _OFFICE.search(head):
        return f"an Office document: {_EXPORT}, or save the table as CSV"
    return next((what for magic, what in _MAGIC if head.startswith(magic)), "")


def foreign_text(sample: str) -> str:
    """What a text that begins like this looks like, and what to do; empty if nothing known."""
    start = sample.lstrip()
    strange = sum(unicodedata.category(letter) == "Cc" and not letter.isspace() for letter in start[:4096])
    if strange > len(start[:4096]) / 100:
        return f"binary data of an unknown kind: {_EXPORT}"
    return next((what for pattern, what in _TEXT if pattern.match(start)), "")
