"""Features as arrays of stretches, the distances between them, and the bases of a stretch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes, decode
from rewards.plasmid.engine.changes import stretch_of
from rewards.plasmid.features import Feature

Stretches = NDArray[np.int64]
"""Rows of start, span in bases, strand; shape [n, 3]."""


def stretches_of(features: Sequence[Feature]) -> Stretches:
    """One row per feature: start, span in bases, strand; shape [n, 3]."""
    return np.array([(f.start, f.span, f.strand) for f in features], dtype=np.int64).reshape(-1, 3)


def sequence_of(codes: Codes, start: int, span: int, strand: int) -> bytes:
    """Upper-case letters of a stretch of a circle, read on its strand."""
    return decode(stretch_of(codes, start, span, strand))


def positions_of(feature: Feature, length: int) -> NDArray[np.int64]:
    """Position on the circle of each base of a feature, in [0, length); shape [span]."""
    return np.arange(feature.start, feature.start + feature.span) % length


def gaps(upstream: Stretches, downstream: Stretches, length: int) -> Stretches:
    """Bases from the end of each upstream feature to the start of its downstream feature; shape [n].

    Counted in reading direction around the circle. 0 if the two overlap and begin in the right order.

    Args:
        upstream: Rows of start, bases, strand; shape [n, 3] or [1, 3].
        downstream: The same, on the same strand; shape [n, 3] or [1, 3].
        length: Length of the circle, in bases.
    """
    forward = upstream[:, 2] >= 0
    ends, other_ends = upstream[:, 0] + upstream[:, 1], downstream[:, 0] + downstream[:, 1]
    ahead = np.where(forward, downstream[:, 0] - upstream[:, 0], ends - other_ends) % length
    return np.where(ahead < upstream[:, 1], 0, ahead - upstream[:, 1])
