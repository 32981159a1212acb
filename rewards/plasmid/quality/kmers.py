"""Canonical k-mers of circles: the same for every rotation and for both strands of a molecule."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes

Kmers = NDArray[np.uint64]

NO_KMER = np.iinfo(np.uint64).max
"""Stands for a k-mer with an unknown base."""


def circular_kmers(codes: Codes, k: int) -> Kmers:
    """Canonical k-mers of a circle by their first base, shape [length], as numbers of 2 k bits.

    A k-mer and its reverse complement have the same number, the smaller of the two. A circle that is shorter
    than `k` is read around several times.

    Args:
        codes: Base codes, shape [length].
        k: Bases per k-mer, 1 to 31, with two bits each.
    """
    length = len(codes)
    if length == 0:
        return np.empty(0, dtype=np.uint64)
    around = codes[np.arange(length + k - 1) % length].astype(np.uint64)
    forward = np.zeros(length, dtype=np.uint64)
    backward = np.zeros(length, dtype=np.uint64)
    unknown = np.zeros(length, dtype=np.bool_)
    for place in range(k):
        base = around[place : place + length]
        forward = (forward << np.uint64(2)) | (base & np.uint64(3))
        backward |= (np.uint64(3) - (base & np.uint64(3))) << np.uint64(2 * place)
        unknown |= base == UNKNOWN
    kmers: Kmers = np.where(unknown, NO_KMER, np.minimum(forward, backward))
    return kmers


def distinct_kmers(codes: Codes, k: int) -> Kmers:
    """The distinct canonical k-mers of a circle, sorted; none with an unknown base."""
    kmers = circular_kmers(codes, k)
    distinct: Kmers = np.unique(kmers[kmers != NO_KMER])
    return distinct
