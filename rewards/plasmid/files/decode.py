"""Bytes of a file or pipe, decompressed, and their lines as text. Never holds more than a line."""

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from typing_extensions import Buffer, override

from rewards.plasmid.files.record import MAX_BASES, DamagedError

SAMPLE = 1 << 16
"""Number of bytes from which the format and the encoding are told."""

_MAGIC = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("latin-1", _as_latin_1)


class Line(NamedTuple):
    """A line of text without its end, and its number from 1."""

    number: int
    text: str


class _Counted(io.RawIOBase):
    """The bytes of `stream`; says how many were read, and raises an error if they end before `size`."""

    def __init__(self, stream: IO[bytes], size: int | None, watch: Callable[[int], None]) -> None:
        self._stream, self._size, self._watch = stream, size, watch
        self._done = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._done += len(data)
        self._watch(self._done)
        if not data and self._size and self._done < self._size:
            raise DamagedError(
                f"the file shrank while it was read: {self._done:,} of {self._size:,} bytes were found"
            )
        return len(data)


def _decompressor(kind: str, stream: IO[bytes]) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile:
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stream)
    return bz2.BZ2File(stream) if kind == "bzip2" else lzma.LZMAFile(stream)


class _Unpacked(io.RawIOBase):
    """The bytes that a decompressor yields, all of them before its error, which is a `DamagedError`."""

    def __init__(self, kind: str, stream: IO[bytes]) -> None:
        self._stream, self._kind = _decompressor(kind, stream), kind
        self._damage: DamagedError | None = None

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        done = 0
        try:
            while self._damage is None and done < len(view):
                data = self._stream.read1(len(view) - done)
                if not data:
                    return done
                view[done : done + len(data)] = data
                done += len(data)
        except (EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk, not the data
            self._damage = DamagedError(f"the {self._kind} data is damaged: {error}")
        if self._damage and not done:
            raise self._damage
        return done


def unpack(
    stream: IO[bytes], size: int | None = None, watch: Callable[[int], None] = lambda _: None
) -> tuple[bytes, IO[bytes]]:
    """The first bytes of a stream, at most `SAMPLE`, and all its bytes, decompressed if they are compressed.

    Args:
        stream: Bytes as stored, at their beginning.
        size: Number of bytes that must be there; None if it is not known.
        watch: Called with the number of stored bytes that have been read.

    Raises:
        DamagedError: Then and whenever the result is read, if the bytes cannot be decompressed or end early.
    """
    stored = io.BufferedReader(_Counted(stream, size, watch), SAMPLE)
    head = stored.peek(SAMPLE)
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if kind is None:
        return head, stored
    unpacked = io.BufferedReader(_Unpacked(kind, stored), SAMPLE)
    return unpacked.peek(SAMPLE), unpacked


def encoding_of(head: bytes) -> str:
    """The encoding of a text that begins with these bytes: by its byte order mark or its zero bytes."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > len(head) / 4 and min(even, odd) <= max(even, odd) / 10:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def sample_text(head: bytes) -> str:
    """The first bytes of a text as text. Characters that are cut off at the end are left out."""
    encoding = encoding_of(head)
    return codecs.getincrementaldecoder(encoding)(_errors(encoding)).decode(head)


def lines(head: bytes, stream: IO[bytes]) -> Iterator[Line]:
    """The lines of a text with any line ends. Bytes that are not UTF-8 are read as Latin-1.

    A line of more than `MAX_BASES` characters is cut to a little more than that.

    Raises:
        DamagedError: If the text is UTF-16 or UTF-32 and cannot be decoded.
    """
    encoding = encoding_of(head)
    limit = MAX_BASES + 1000
    text = io.TextIOWrapper(stream, encoding, _errors(encoding))
    number = 0
    try:
        while line := text.readline(limit):
            number += 1
            rest = line
            while len(rest) == limit and not rest.endswith("\n"):
                rest = text.readline(limit)
            # A byte order mark stands inside a text where two files were joined.
            yield Line(number, line.rstrip("\n").replace("\ufeff", ""))
    except UnicodeDecodeError as error:
        raise DamagedError(
            f"the {encoding} text cannot be decoded after line {number:,}: {error.reason}"
        ) from error


def _errors(encoding: str) -> str:
    return "latin-1" if encoding.startswith("utf-8") else "strict"
