"""The molecules that a model was trained on, to tell new molecules from memorised ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes, encode
from rewards.plasmid.quality.kmers import Kmers, circular_kmers, distinct_kmers
from rewards.plasmid.quality.same import SHARED, K, Table
from rewards.quality import Originality

NOVELTY_K = 31
"""Bases of the k-mers whose share is the novelty; unrelated plasmids share none of this length by chance."""

CANDIDATES = 3
"""Number of known molecules, those with the most common k-mers, that a molecule is compared with in full."""


class KnownMolecules:
    """An index of the k-mers of known circular molecules.

    Args:
        sequences: The known molecules.
    """

    def __init__(self, sequences: Sequence[str]) -> None:
        codes = [encode(sequence) for sequence in sequences]
        parts = [distinct_kmers(known, NOVELTY_K) for known in codes]
        self._short = [circular_kmers(known, K) for known in codes]
        kmers = np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)
        owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        order = np.argsort(kmers, kind="stable")
        self._kmers, self._owners = kmers[order], owners[order]
        self._table = Table()

    def originality(self, codes: Codes) -> Originality | None:
        """Novelty of a circular molecule, and whether it is a near copy; None for fewer bases than a k-mer.

        A near copy shares at least `SHARED` of its bases with one known molecule: at 95 % identity it is that
        molecule, or a piece of it.
        """
        kmers = distinct_kmers(codes, NOVELTY_K)
        if len(codes) < NOVELTY_K or not len(kmers):
            return None
        known, nearest = self._common(kmers)
        novelty = float((~known).mean())
        return Originality(novelty, self._is_near_copy(circular_kmers(codes, K), nearest), len(kmers))

    def nearest(self, codes: Codes) -> tuple[int, float] | None:
        """Place of the most similar known molecule, and the share of this one's bases in 12-mers of it.

        The most similar one has the most common 31-mers. None if none has any.
        """
        _, nearest = self._common(distinct_kmers(codes, NOVELTY_K))
        if not nearest:
            return None
        self._table.load(self._short[nearest[0]])
        return nearest[0], self._table.shared(circular_kmers(codes, K))

    def _common(self, kmers: Kmers) -> tuple[NDArray[np.bool_], list[int]]:
        """Whether each distinct k-mer is known, and the places of the molecules with most of them."""
        first = np.searchsorted(self._kmers, kmers, "left")
        count = np.searchsorted(self._kmers, kmers, "right") - first
        # The entries of all common k-mers: `count` consecutive ones from `first` on, for each of them.
        entries = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        common = np.bincount(self._owners[entries], minlength=len(self._short))
        nearest = np.argsort(-common, kind="stable")[:CANDIDATES]
        return count > 0, [int(owner) for owner in nearest if common[owner]]

    def _is_near_copy(self, kmers: Kmers, candidates: Sequence[int]) -> bool:
        """Whether a molecule shares at least `SHARED` of its bases with one of some known molecules."""
        for candidate in candidates:
            self._table.load(self._short[candidate])
            if self._table.shared(kmers) >= SHARED:
                return True
        return False
