"""Similarity of plasmids by shared words: independent of strand, first base and the order of parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import encode
from rewards.plasmid.engine.jit import kernel
from rewards.plasmid.quality.kmers import circular_kmers

WORD = 12
"""Bases per word. Copies that differ in a few per cent of their bases still share most of such words, and
unrelated plasmids of 6,500 bases share almost none (0.1 % of them)."""

NEAR_COPY = 0.85
"""Similarity from which two plasmids are in one cluster.

Plasmids of one kit share backbones: at 0.8 the shipped SEVA vectors of one origin are one cluster, and at 0.7
three quarters of the shipped corpus are one. At 0.85 a copy is still found if 4 % of its bases differ.
"""


def words_of(sequence: str) -> NDArray[np.int64]:
    """The word that begins at each base of a circle, as the smaller code of its two strands; shape [length].

    Args:
        sequence: A, C, G and T only.
    """
    return circular_kmers(encode(sequence), WORD).astype(np.int64)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The different values, sorted. `np.unique` hashes them, which takes ten times as long for millions."""
    ordered = np.sort(values)
    is_first = np.concatenate([np.ones(1, bool), ordered[1:] != ordered[:-1]])
    return np.compress(is_first, ordered)


@dataclass(frozen=True)
class WordTable:
    """The words of several sequences, and which sequences have each of them.

    Attributes:
        words: Distinct words, sorted; shape [words].
        ids: Index in `words` of the word at each base of all sequences, one after the other; shape [bases].
        first: Where each sequence begins in `ids`; shape [sequences + 1].
        owners: Sequences that have a word, for all words one after the other; shape [pairs].
        owner_first: Where the owners of each word begin in `owners`; shape [words + 1].
    """

    words: NDArray[np.int64]
    ids: NDArray[np.int64]
    first: NDArray[np.int64]
    owners: NDArray[np.int64]
    owner_first: NDArray[np.int64]

    @classmethod
    def of(cls, sequences: Sequence[str]) -> "WordTable":
        """The table of some sequences of A, C, G and T."""
        per_sequence = [words_of(sequence) for sequence in sequences]
        first = np.cumsum([0, *map(len, per_sequence)])
        words, ids = np.unique(np.concatenate(per_sequence), return_inverse=True)
        owner = np.repeat(np.arange(len(sequences)), np.diff(first))
        pairs = distinct(ids * len(sequences) + owner)
        owner_first = np.searchsorted(pairs // len(sequences), np.arange(len(words) + 1))
        return cls(words, ids, first, pairs % len(sequences), owner_first)


def clusters(table: WordTable) -> NDArray[np.int64]:
    """The cluster of each sequence, numbered from 0 in order of first appearance; shape [sequences].

    The similarity of two sequences is the share of the bases of the shorter one that lie in words which the
    other one has too. Two sequences with `NEAR_COPY` or more are in one cluster, and so are sequences that a
    chain of such pairs connects (single linkage). The time grows with the square of the number of sequences:
    0.2 s for 400 plasmids.
    """
    roots = _linked(table.ids, table.first, table.owners, table.owner_first, WORD, NEAR_COPY)
    _, firsts, labels = np.unique(roots, return_index=True, return_inverse=True)
    rank = np.empty(len(firsts), np.int64)
    rank[np.argsort(firsts)] = np.arange(len(firsts))
    return rank[labels]


@kernel
def _root(parents: NDArray[np.int64], member: int) -> int:
    """The representative of a member's set."""
    while parents[member] != member:
        parents[member] = parents[parents[member]]
        member = parents[member]
    return member


@kernel
def _linked(
    ids: NDArray[np.int64],
    first: NDArray[np.int64],
    owners: NDArray[np.int64],
    owner_first: NDArray[np.int64],
    word: int,
    near_copy: float,
) -> NDArray[np.int64]:
    """The representative of each sequence's cluster; arguments as in `WordTable`. Shape [sequences]."""
    count = len(first) - 1
    parents = np.arange(count)
    for i in range(count):
        length = first[i + 1] - first[i]
        covered = np.zeros(count, np.int64)
        covered_until = np.zeros(count, np.int64)
        for at in range(max(0, length - word + 1), length):
            entry = ids[first[i] + at]
            for k in range(owner_first[entry], owner_first[entry + 1]):
                # Words that cross the first base cover the first bases. They are counted at the end.
                covered_until[owners[k]] = at + word - length
        for at in range(length):
            entry = ids[first[i] + at]
            for k in range(owner_first[entry], owner_first[entry + 1]):
                other = owners[k]
                covered[other] += at + word - max(at, covered_until[other])
                covered_until[other] = at + word
        for other in range(count):
            if length <= first[other + 1] - first[other] and covered[other] >= near_copy * length:
                parents[_root(parents, other)] = _root(parents, i)
    return np.array([_root(parents, i) for i in range(count)])
