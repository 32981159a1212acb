"""Base codes: A, C, G, T as 0 to 3 and everything else as 4, one code per character of text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]

UNKNOWN = 4

_CODE_OF_BYTE = np.full(256, UNKNOWN, dtype=np.uint8)
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "Tt")):
    for _letter in _letters:
        _CODE_OF_BYTE[ord(_letter)] = _code
_LETTER_OF_CODE = np.frombuffer(b"ACGTN", dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, UNKNOWN], dtype=np.uint8)


def encode(text: str) -> Codes:
    """Codes of a text, shape [len(text)]; lower case is the same base, any other character is unknown."""
    return _CODE_OF_BYTE[np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)]


def decode(codes: Codes) -> bytes:
    """Upper-case letters of the codes; unknown is N."""
    return _LETTER_OF_CODE[codes].tobytes()


def reverse_complement(codes: Codes) -> Codes:
    """The other strand, read in its own direction."""
    return np.ascontiguousarray(_COMPLEMENT[codes[::-1]])
