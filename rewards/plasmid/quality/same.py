"""Which molecules are the same at 95 % identity, in any rotation and on either strand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.quality.kmers import NO_KMER, Kmers, circular_kmers

IDENTITY = 0.95
"""Identity from which two molecules count as one."""

K = 12
"""Bases per k-mer: short enough for most bases to lie in a shared k-mer at 95 % identity, and long enough for
unrelated plasmids to share almost none."""

SHARED = IDENTITY**K * (1 + (K - 1) * (1 - IDENTITY))
"""Expected share of the bases of a molecule that lie in k-mers without a difference, if a base differs with
probability 1 - `IDENTITY`: 0.84. A molecule of which less is shared with another one is a different one.
Unknown bases do not count, else a molecule that has many would differ from its own copy."""


class Table:
    """The k-mers of one molecule at a time, as a table in which those of others are looked up."""

    def __init__(self) -> None:
        self._present = np.zeros(1 << (2 * K), dtype=np.bool_)
        self._kmers: Kmers = np.empty(0, dtype=np.uint64)

    def load(self, kmers: Kmers) -> None:
        """Replace the content by the k-mers (`circular_kmers`) of another molecule."""
        self._present[self._kmers] = False
        self._kmers = kmers[kmers != NO_KMER]
        self._present[self._kmers] = True

    def shared(self, kmers: Kmers) -> float:
        """Share of the known bases of a molecule that lie in k-mers of the loaded one, in [0, 1].

        A known base is one in a k-mer without an unknown base. 0 if there is none.

        Args:
            kmers: The molecule's `circular_kmers`.
        """
        found = kmers != NO_KMER
        known = _known(kmers)
        found[found] = self._present[kmers[found]]
        return float(_covered(found).sum() / known) if known else 0.0


def _covered(starts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """[length] whether each base of a circle lies in a k-mer at one of the marked starts."""
    reach = np.arange(len(starts) + K - 1) - (K - 1)
    counts = np.concatenate([[0], np.cumsum(starts[reach % len(starts)])])
    covered: NDArray[np.bool_] = counts[K:] > counts[:-K]
    return covered


def _known(kmers: Kmers) -> int:
    """Number of bases that lie in a k-mer without an unknown base."""
    return int(_covered(kmers != NO_KMER).sum()) if len(kmers) else 0


def clusters(molecules: Sequence[Codes]) -> list[int]:
    """One number per molecule, in order; equal for molecules that are the same.

    Greedy, as CD-HIT and MMseqs2 do it: the longest molecule stands for a cluster, which all molecules join
    that share at least `SHARED` of their bases with it, and it with them. The result depends on neither the
    order nor the rotation nor the strand of the molecules.
    """
    kmers = [circular_kmers(codes, K) for codes in molecules]
    known = [_known(of_one) for of_one in kmers]
    order = sorted(range(len(kmers)), key=lambda i: (-known[i], np.sort(kmers[i]).tobytes()))
    numbers = [-1] * len(kmers)
    first, second = Table(), Table()
    for place, head in enumerate(order):
        if numbers[head] >= 0:
            continue
        numbers[head] = head
        first.load(kmers[head])
        for other in order[place + 1 :]:
            if numbers[other] >= 0 or known[other] < SHARED * known[head]:
                continue
            if first.shared(kmers[other]) >= SHARED:
                second.load(kmers[other])
                if second.shared(kmers[head]) >= SHARED:
                    numbers[other] = head
    return numbers
