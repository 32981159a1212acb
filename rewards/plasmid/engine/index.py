"""The index that the scan searches: library features on both strands, and three tables of seeds.

A *target* is one feature read on one strand: target `t` is feature `t // 2`, on the + strand if `t` is even.

* Targets shorter than `LOCAL_MIN` bases are compared as a whole, packed into a 64-bit word. Their seeds are
  disjoint 5-mers, one more than the mismatches allowed, so that one of them must match exactly (pigeonhole).
* The seeds of targets from `LOCAL_MIN` to `SMALL_MAX` bases are all their 9-mers.
* The seeds of longer targets are 11-mers, at larger steps the longer the target is.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes, reverse_complement

WORD = 32
SHORT_SEED = 5
SMALL_SEED = 9
LARGE_SEED = 11
LOCAL_MIN = 24
SMALL_MAX = 90
MAX_OCCURRENCES = 48
"""Seeds that occur more often in the index are left out: they are not specific and cost time on repeats."""

RANDOM_WINDOW = 10_000
"""Bases on both strands of a 5 kb plasmid, for which the expected number of chance hits is stated."""

SHORT_FALSE_POSITIVES = 3e-4
"""Expected chance hits of one short feature on that plasmid."""


class SeedTable(NamedTuple):
    """Occurrences of each seed, found through a bitmap with ranks that fits into the L2 cache."""

    bits: NDArray[np.uint64]  # [4**k / 64] bitmap of the seeds that exist
    rank: NDArray[np.int32]  # [4**k / 64] number of seeds before this word
    first: NDArray[np.int32]  # [seeds + 1] range of each seed in `where`
    where: NDArray[np.int32]  # position in `codes`; in the short table, number of the piece


class FeatureIndex(NamedTuple):
    """Everything the kernels read. It consists of arrays only, so that it loads in milliseconds."""

    codes: Codes  # concatenated targets
    first: NDArray[np.int32]  # [targets + 1] range of each target in `codes`
    target_of: NDArray[np.int32]  # [len(codes)] target at each position of `codes`
    class_of: NDArray[np.int8]  # [targets] number of the feature's class
    short_word: NDArray[np.uint64]  # [targets] packed bases, 0 if not short
    short_allowed: NDArray[np.int8]  # [targets] mismatches allowed, -1 if not short
    piece_target: NDArray[np.int32]  # [pieces] target of each piece (seed of a short target)
    piece_rest: NDArray[np.int32]  # [pieces] bases of the target after the piece
    short: SeedTable
    small: SeedTable
    large: SeedTable


def allowed_mismatches(length: int) -> int:
    """Mismatches that a short feature of this length may have; -1 if even an exact match occurs by chance.

    The largest number m for which the expected chance hits on 5 kb of random DNA, `RANDOM_WINDOW` times the
    sum over i = 0..m of C(n, i) 3**i / 4**n, do not exceed `SHORT_FALSE_POSITIVES`, and for which each of the
    m + 1 disjoint pieces still has `SHORT_SEED` bases.
    """
    chance, allowed = 0.0, -1
    for mismatches in range(length // SHORT_SEED):
        chance += math.comb(length, mismatches) * 3.0**mismatches / 4.0**length
        if chance * RANDOM_WINDOW > SHORT_FALSE_POSITIVES:
            break
        allowed = mismatches
    return allowed


def _seed_step(length: int) -> int:
    """Distance in bases between the seeds of a long target: leaves enough seeds even at 20 % divergence."""
    return 1 if length < 200 else 2 if length < 500 else 3


def _kmers(codes: Codes, size: int) -> NDArray[np.int64]:
    """Packed k-mers of a target, by position; -1 for k-mers with an unknown base or of period 1 to 3."""
    count = len(codes) - size + 1
    if count <= 0:
        return np.empty(0, dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    packed: NDArray[np.int64] = (windows.astype(np.int64) << (2 * np.arange(size - 1, -1, -1))).sum(axis=1)
    bad = (windows > 3).any(axis=1)
    for period in (1, 2, 3):
        bad |= (windows[:, period:] == windows[:, :-period]).all(axis=1)
    packed[bad] = -1
    return packed


def _table(seeds: NDArray[np.int64], where: NDArray[np.int64], size: int) -> SeedTable:
    """Table of the seeds of `size` bases and their positions; seeds of -1 and frequent seeds are left out."""
    keep = seeds >= 0
    seeds, where = seeds[keep], where[keep]
    order = np.lexsort((where, seeds))
    seeds, where = seeds[order], where[order]
    _, inverse, counts = np.unique(seeds, return_inverse=True, return_counts=True)
    rare = counts[inverse] <= MAX_OCCURRENCES
    seeds, where = seeds[rare], where[rare]
    distinct, counts = np.unique(seeds, return_counts=True)
    present = np.zeros(max(4**size, 64), dtype=bool)
    present[distinct] = True
    bits = np.packbits(present, bitorder="little").view(np.uint64)
    per_word = present.reshape(-1, 64).sum(axis=1)
    rank = np.concatenate(([0], np.cumsum(per_word)[:-1])).astype(np.int32)
    first = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return SeedTable(bits, rank, first, where.astype(np.int32))


def _pack(codes: Codes) -> int:
    word = 0
    for code in codes:
        word = (word << 2) | int(code)
    return word


def build_index(sequences: Sequence[Codes], classes: Sequence[int]) -> FeatureIndex:
    """Index of library features on both strands.

    Args:
        sequences: Base codes of each feature.
        classes: Class number of each feature, in the same order.
    """
    targets: list[Codes] = []
    for sequence in sequences:
        targets += [sequence, reverse_complement(sequence)]
    lengths = np.array([len(target) for target in targets], dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(lengths)))
    short_word = np.zeros(len(targets), dtype=np.uint64)
    short_allowed = np.full(len(targets), -1, dtype=np.int8)
    pieces: list[tuple[int, int, int]] = []  # seed, target, bases after the piece
    seed_lists: dict[int, tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]] = {
        SMALL_SEED: ([np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]),
        LARGE_SEED: ([np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]),
    }
    for number, target in enumerate(targets):
        length = len(target)
        if length < LOCAL_MIN and (target < 4).all():
            allowed = allowed_mismatches(length)
            short_allowed[number] = allowed
            short_word[number] = _pack(target)
            for piece in range(allowed + 1):
                at = piece * (length // (allowed + 1))
                pieces.append((_pack(target[at : at + SHORT_SEED]), number, length - at - SHORT_SEED))
        if length >= LOCAL_MIN:
            size = SMALL_SEED if length <= SMALL_MAX else LARGE_SEED
            step = 1 if length <= SMALL_MAX else _seed_step(length)
            seeds = _kmers(target, size)
            seeds_of, where_of = seed_lists[size]
            seeds_of.append(seeds[::step])
            where_of.append(np.arange(len(seeds), dtype=np.int64)[::step] + first[number])
    piece_rows = np.array(pieces, dtype=np.int64).reshape(-1, 3)
    short = _table(piece_rows[:, 0], np.arange(len(piece_rows)), SHORT_SEED)
    small, large = (
        _table(np.concatenate(seed_lists[size][0]), np.concatenate(seed_lists[size][1]), size)
        for size in (SMALL_SEED, LARGE_SEED)
    )
    return FeatureIndex(
        codes=np.concatenate([*targets, np.empty(0, dtype=np.uint8)]),
        first=first.astype(np.int32),
        target_of=np.repeat(np.arange(len(targets)), lengths).astype(np.int32),
        class_of=np.repeat(np.asarray(classes, dtype=np.int8), 2),
        short_word=short_word,
        short_allowed=short_allowed,
        piece_target=piece_rows[:, 1].astype(np.int32),
        piece_rest=piece_rows[:, 2].astype(np.int32),
        short=short,
        small=small,
        large=large,
    )
