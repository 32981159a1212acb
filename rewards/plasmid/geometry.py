"""Stretches of a circle: what they share, how far apart they are, which bases they hold."""

from __future__ import annotations

import numpy as np

from rewards.plasmid.engine.bases import Codes, decode, reverse_complement


def shared_bases(start: int, span: int, other_start: int, other_span: int, length: int) -> int:
    """Bases that two stretches of a circle share (of stretches that meet at both ends, the larger meeting)."""
    ahead = (other_start - start) % length
    behind = (start - other_start) % length
    return max(0, min(span - ahead, other_span), min(other_span - behind, span))


def sequence_of(codes: Codes, start: int, span: int, strand: int) -> bytes:
    """Letters of a stretch of a circle, read on its strand."""
    stretch = np.take(codes, np.arange(start, start + span), mode="wrap")
    return decode(stretch if strand >= 0 else reverse_complement(stretch))
