"""Chooses the format of a file by its suffix and writes the file whole or not at all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from rewards.explain import Explained
from rewards.files.atomic_write import replacing
from rewards.plasmid.export.fasta import Fasta
from rewards.plasmid.export.formats import TextFormat
from rewards.plasmid.export.genbank import GenBank
from rewards.plasmid.export.gff3 import Gff3
from rewards.plasmid.export.json_text import JsonArray, JsonLines
from rewards.plasmid.export.page import Page
from rewards.plasmid.export.pictures import pictures
from rewards.plasmid.export.table import Table
from rewards.plasmid.map.draw import FORMATS as PICTURES

Write = Callable[[Explained], None]

PAGE = ".html"

_TEXTS: dict[str, Callable[[], TextFormat]] = {
    ".gb": GenBank,
    ".gbk": GenBank,
    ".gff3": Gff3,
    ".fasta": Fasta,
    ".fa": Fasta,
    ".csv": lambda: Table(","),
    ".tsv": lambda: Table("\t"),
    ".json": JsonArray,
    ".jsonl": JsonLines,
}

WITH_MAPS = (*PICTURES, PAGE)
SUFFIXES = (*_TEXTS, *WITH_MAPS)


class UnwritableError(ValueError):
    """A file cannot be written: its format is unknown, its folder is missing or its name is a folder's."""


def writer_for(path: Path, sites: bool = False) -> AbstractContextManager[Write]:
    """A context that yields a function, which adds one record to the file.

    The file is complete when the context ends. If it ends with an error, what was at `path` before is
    unchanged. Records are written as they come and are not held in memory.

    Args:
        path: File to write. Its suffix, one of `SUFFIXES`, sets the format.
        sites: Whether maps show restriction sites that are cut exactly once.

    Raises:
        UnwritableError: At once, if the suffix is unknown, the folder is missing or `path` is a folder.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UnwritableError(f"cannot write {path}: its name must end in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UnwritableError(f"cannot write {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise UnwritableError(f"cannot write {path}: it is a folder")
    if suffix in PICTURES:
        return pictures(path, sites)
    return _text_file(path, Page(sites) if suffix == PAGE else _TEXTS[suffix]())


@contextmanager
def _text_file(path: Path, form: TextFormat) -> Iterator[Write]:
    records = 0
    # A lone surrogate, which UTF-8 cannot hold, is written as an escape.
    with (
        replacing(path) as scratch,
        scratch.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file,
    ):

        def write(explained: Explained) -> None:
            nonlocal records
            file.write(form.between if records else form.head(explained))
            file.write(form.text(explained))
            records += 1

        yield write
        file.write(form.tail(records))
