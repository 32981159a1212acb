"""Base codes, one per character of a text: A, C, G, T are 0 to 3, every other character is 4."""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

UNKNOWN = 4

# -1, for a letter that is not found, becomes UNKNOWN.
_CODE_OF_BYTE = bytes("ACGT".find(chr(byte).upper()) % (UNKNOWN + 1) for byte in range(256))
_LETTER_OF_CODE = b"ACGT".ljust(256, b"N")
_COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)
_COMPLEMENT_OF_LETTER = str.maketrans("ACGT", "TGCA")


def encode(text: str) -> Codes:
    """Base codes of a text, shape [len(text)]; case does not matter."""
    # A bytearray makes the array writable; the kernels are compiled for writable arrays only.
    return np.frombuffer(bytearray(text.encode("ascii", "replace")).translate(_CODE_OF_BYTE), dtype=np.uint8)


def decode(codes: Codes) -> bytes:
    """Upper-case letters of the codes; an unknown base is N."""
    return codes.tobytes().translate(_LETTER_OF_CODE)


def reverse_complement(codes: Codes) -> Codes:
    """Codes of the other strand, read in its direction."""
    return np.ascontiguousarray(_COMPLEMENT[codes[::-1]])


def reverse_complement_text(sequence: str) -> str:
    """The other strand of upper-case letters, in its own direction; letters other than A, C, G, T stay."""
    return sequence.translate(_COMPLEMENT_OF_LETTER)[::-1]
