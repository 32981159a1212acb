"""Base codes: A, C, G, T as 0 to 3 and everything else as 4, one code per character of text."""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

UNKNOWN = 4

_CODE_OF_BYTE = bytes("ACGT".find(chr(byte).upper()) % (UNKNOWN + 1) for byte in range(256))  # -1 is unknown
_LETTER_OF_CODE = b"ACGT".ljust(256, b"N")
_COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)


def encode(text: str) -> Codes:
    """Codes of a text, shape [len(text)]; lower case is the same base, any other character is unknown."""
    # A bytearray, so that the array can be written to, as the kernels are compiled for.
    return np.frombuffer(bytearray(text.encode("ascii", "replace")).translate(_CODE_OF_BYTE), dtype=np.uint8)


def decode(codes: Codes) -> bytes:
    """Upper-case letters of the codes; unknown is N."""
    return codes.tobytes().translate(_LETTER_OF_CODE)


def reverse_complement(codes: Codes) -> Codes:
    """The other strand, read in its own direction."""
    return np.ascontiguousarray(_COMPLEMENT[codes[::-1]])
