"""One pass over a sequence: looks up seeds, extends them without gaps, compares short features as a whole.

The input is a *frame* of three times the length: the sequence in the middle, and on each side the sequence
again (circle) or unknown bases (line), so that extension needs no modulo. In the code, `q` is a position in
the frame (query) and `g` a position in `index.codes`.
"""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes
from rewards.plasmid.engine.index import SHORT_SEED, WORD, FeatureIndex, SeedTable
from rewards.plasmid.engine.jit import kernel

MATCH = 1
MISMATCH = 2
X_DROP = 12
"""Extension stops where the score has fallen this far below its maximum."""

SEGMENT_SCORE = 15
"""Least score of an ungapped segment. Those above are joined before chance hits are dropped."""

DIAGONAL_SLOTS = 2048
"""Slots of the table that says how far each diagonal is already covered."""

SEGMENT_COLUMNS = 6  # target, query start, query end, target start, target end, matches


@kernel
def make_frame(codes: Codes, circular: bool) -> Codes:
    """The frame of a sequence, as described above; shape [3 * length]."""
    length = len(codes)
    frame = np.full(3 * length, UNKNOWN, dtype=np.uint8)
    frame[length : 2 * length] = codes
    if circular:
        frame[:length] = codes
        frame[2 * length :] = codes
    return frame


@kernel
def _below(word: np.uint64, bit: np.uint64) -> np.int64:
    """Number of bits set below `bit`. Added to the rank of the word, it is the number of a seed."""
    x = word & ((np.uint64(1) << bit) - np.uint64(1))
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def _mismatches(word: np.uint64, other: np.uint64) -> np.int64:
    """Number of bases in which two packed words differ."""
    x = word ^ other
    x = (x | (x >> np.uint64(1))) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def _extend(
    frame: Codes, codes: Codes, low: int, high: int, q: int, g: int, size: int
) -> tuple[int, int, int]:
    """Extend an exact seed in both directions without gaps: bases added left and right, and all matches."""
    left_room = min(q, g - low)
    score, best, best_left, matches, best_matches = 0, 0, 0, 0, 0
    for step in range(1, left_room + 1):
        if frame[q - step] == codes[g - step]:
            score += MATCH
            matches += 1
            if score > best:
                best, best_left, best_matches = score, step, matches
        else:
            score -= MISMATCH
            if best - score > X_DROP:
                break
    total = best_matches
    right_room = min(len(frame) - q - size, high - g - size)
    score, best, best_right, matches, best_matches = 0, 0, 0, 0, 0
    for step in range(right_room):
        if frame[q + size + step] == codes[g + size + step]:
            score += MATCH
            matches += 1
            if score > best:
                best, best_right, best_matches = score, step + 1, matches
        else:
            score -= MISMATCH
            if best - score > X_DROP:
                break
    return best_left, best_right, total + best_matches + size


@kernel
def pack_words(frame: Codes, length: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """For each position, the last 32 bases packed into a word, and the number of known bases in a row.

    Both have shape [length + 32]; entry i belongs to position `length + i` of the frame.
    """
    count = length + WORD
    words = np.empty(count, dtype=np.uint64)
    known = np.empty(count, dtype=np.int32)
    word, run = np.uint64(0), 0
    for at in range(max(0, length - WORD), length):
        code = frame[at]
        run = run + 1 if code < 4 else 0
        word = (word << np.uint64(2)) | np.uint64(code & 3)
    for i in range(count):
        code = frame[length + i] if i < 2 * length else np.uint8(UNKNOWN)
        run = run + 1 if code < 4 else 0
        word = (word << np.uint64(2)) | np.uint64(code & 3)
        words[i] = word
        known[i] = run
    return words, known


@kernel
def find_shorts(
    words: NDArray[np.uint64],
    known: NDArray[np.int32],
    length: int,
    index: FeatureIndex,
    rows: NDArray[np.int64],
) -> int:
    """Find features shorter than `LOCAL_MIN` bases, which are compared as a whole.

    Args:
        words: From `pack_words`.
        known: From `pack_words`.
        length: Length of the sequence, in bases.
        index: The feature index.
        rows: Filled with target, query start in [0, length), bases, matches; shape [room, 4].

    Returns:
        Number of features found. If it exceeds `room`, only the first `room` were written.
    """
    count = 0
    bits, rank, first, where = index.short.bits, index.short.rank, index.short.first, index.short.where
    piece_target, piece_rest = index.piece_target, index.piece_rest
    short_word, short_allowed, target_first = index.short_word, index.short_allowed, index.first
    mask = np.uint64((1 << (2 * SHORT_SEED)) - 1)
    for i in range(len(words)):
        seed = words[i] & mask
        bit = seed & np.uint64(63)
        word = bits[seed >> np.uint64(6)]
        if (word >> bit) & np.uint64(1) == 0 or known[i] < SHORT_SEED:
            continue
        entry = rank[seed >> np.uint64(6)] + _below(word, bit)
        for k in range(first[entry], first[entry + 1]):
            piece = where[k]
            target = piece_target[piece]
            size = target_first[target + 1] - target_first[target]
            end = i + piece_rest[piece]
            begin = end - size + 1
            if end >= len(words) or begin < 0 or begin >= length or size > length or known[end] < size:
                continue
            bits_of_target = (np.uint64(1) << np.uint64(2 * size)) - np.uint64(1)
            mismatches = _mismatches(words[end] & bits_of_target, short_word[target])
            if mismatches > short_allowed[target]:
                continue
            if count < len(rows):
                rows[count, 0] = target
                rows[count, 1] = begin
                rows[count, 2] = size
                rows[count, 3] = size - mismatches
            count += 1
    return count


@kernel
def find_segments(
    frame: Codes,
    words: NDArray[np.uint64],
    known: NDArray[np.int32],
    length: int,
    size: int,
    table: SeedTable,
    index: FeatureIndex,
    rows: NDArray[np.int64],
) -> int:
    """Find the ungapped segments that the seeds of one table extend to.

    Args:
        frame: From `make_frame`; shape [3 * length].
        words: From `pack_words`.
        known: From `pack_words`.
        length: Length of the sequence, in bases.
        size: Bases per seed.
        table: The seeds.
        index: The feature index.
        rows: Filled with target, query start, query end, target start, target end (within the target) and
            matches; query positions are positions in the frame. Shape [room, 6].

    Returns:
        Number of segments found. If it exceeds `room`, only the first `room` were written.
    """
    count = 0
    slot_diagonal = np.full(DIAGONAL_SLOTS, -(1 << 30), dtype=np.int32)
    covered_until = np.zeros(DIAGONAL_SLOTS, dtype=np.int32)
    bits, rank, first, where = table.bits, table.rank, table.first, table.where
    codes, target_of, target_first = index.codes, index.target_of, index.first
    mask = np.uint64((1 << (2 * size)) - 1)
    for i in range(length + size - 1):
        seed = words[i] & mask
        bit = seed & np.uint64(63)
        word = bits[seed >> np.uint64(6)]
        if (word >> bit) & np.uint64(1) == 0 or known[i] < size:
            continue
        entry = rank[seed >> np.uint64(6)] + _below(word, bit)
        q = length + i - size + 1
        for k in range(first[entry], first[entry + 1]):
            g = int(where[k])
            diagonal = q - g
            slot = ((diagonal * 0x9E3779B1) >> 8) & (DIAGONAL_SLOTS - 1)
            if slot_diagonal[slot] == diagonal and q < covered_until[slot]:
                continue
            target = target_of[g]
            low, high = int(target_first[target]), int(target_first[target + 1])
            left, right, matches = _extend(frame, codes, low, high, q, g, size)
            slot_diagonal[slot] = diagonal
            covered_until[slot] = q + size + right
            span = left + size + right
            if MATCH * matches - MISMATCH * (span - matches) < SEGMENT_SCORE:
                continue
            if count < len(rows):
                rows[count, 0] = target
                rows[count, 1] = q - left
                rows[count, 2] = q + size + right
                rows[count, 3] = g - left - low
                rows[count, 4] = g + size + right - low
                rows[count, 5] = matches
            count += 1
    return count
