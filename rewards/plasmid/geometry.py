"""Features as arrays of stretches, and the bases of a stretch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes, decode, reverse_complement
from rewards.plasmid.features import Feature


def stretches_of(features: Sequence[Feature]) -> NDArray[np.int64]:
    """One row per feature: start, span in bases, strand; shape [n, 3]."""
    return np.array([(f.start, f.span, f.strand) for f in features], dtype=np.int64).reshape(-1, 3)


def sequence_of(codes: Codes, start: int, span: int, strand: int) -> bytes:
    """Upper-case letters of a stretch of a circle, read on its strand."""
    stretch = np.take(codes, np.arange(start, start + span), mode="wrap")
    return decode(stretch if strand >= 0 else reverse_complement(stretch))
