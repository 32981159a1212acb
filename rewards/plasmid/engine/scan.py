"""One pass over a sequence: seeds, ungapped extension, and whole comparison of the short features.

Input is a *frame*: the sequence with what stands before and behind it (itself on a circle, unknown bases on
a line), three times its length, so that extension needs no modulo. Positions below are positions in the frame.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes
from rewards.plasmid.engine.index import LARGE_SEED, SHORT_SEED, SMALL_SEED, WORD, FeatureIndex
from rewards.plasmid.engine.jit import kernel

MATCH = 1
MISMATCH = 2
X_DROP = 12
"""Extension stops where the score has fallen this far: it crosses four mismatches in a row of matches' worth."""

SEGMENT_SCORE = 15
"""Ungapped segments below this are chance; those above may still be chained before they are judged."""

SEEN = 4096
"""Slots of the table that remembers how far each diagonal is already covered."""

COLUMNS = 6  # target, query start, query end, target start, target end, matches


@kernel
def make_frame(codes: Codes, circular: bool) -> Codes:
    """The sequence between what stands on either side of it; shape [3 * length]."""
    length = len(codes)
    frame = np.full(3 * length, UNKNOWN, dtype=np.uint8)
    frame[length : 2 * length] = codes
    if circular:
        frame[:length] = codes
        frame[2 * length :] = codes
    return frame


@kernel
def _rank(bits, rank, seed):  # type: ignore[no-untyped-def]
    """Number of a seed in its table, or -1."""
    word = bits[seed >> 6]
    shift = np.uint64(seed & 63)
    if (word >> shift) & np.uint64(1) == 0:
        return -1
    below = word & ((np.uint64(1) << shift) - np.uint64(1))
    below = below - ((below >> np.uint64(1)) & np.uint64(0x5555555555555555))
    below = (below & np.uint64(0x3333333333333333)) + (
        (below >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    below = (below + (below >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return rank[seed >> 6] + np.int64((below * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def _mismatches(word, other):  # type: ignore[no-untyped-def]
    """Number of bases in which two packed words differ."""
    x = word ^ other
    x = (x | (x >> np.uint64(1))) & np.uint64(0x5555555555555555)
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def _extend(frame, codes, low, high, q, g, size):  # type: ignore[no-untyped-def]
    """Grow an exact seed both ways along its diagonal. Returns bases added left and right, and their matches."""
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
def _grow(rows):  # type: ignore[no-untyped-def]
    larger = np.empty((2 * len(rows), COLUMNS), dtype=np.int64)
    larger[: len(rows)] = rows
    return larger


@kernel
def find_segments(
    frame: Codes, length: int, index: FeatureIndex
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All ungapped segments and all short features of a sequence.

    Args:
        frame: From ``make_frame``; shape [3 * length].
        length: Bases of the sequence.
        index: The feature index.

    Returns:
        ``(segments, shorts)``, each of shape [n, 6] with columns target, query start, query end, target start,
        target end (within the target) and matches. Query positions are positions in the frame.
    """
    segments = np.empty((64, COLUMNS), dtype=np.int64)
    shorts = np.empty((32, COLUMNS), dtype=np.int64)
    n_segments, n_shorts = 0, 0
    seen_diagonal = np.full(SEEN, -(1 << 40), dtype=np.int64)
    seen_until = np.zeros(SEEN, dtype=np.int64)
    run_past = length + WORD
    words = np.empty(run_past, dtype=np.uint64)  # the last 32 bases up to and with each position
    known = np.empty(run_past, dtype=np.int32)  # how many of them in a row are known
    word, run = np.uint64(0), 0
    for i in range(max(0, length - WORD), length):
        code = frame[i]
        run = run + 1 if code < 4 else 0
        word = (word << np.uint64(2)) | np.uint64(code & 3)
    for i in range(run_past):
        at = length + i
        code = frame[at] if at < 3 * length else np.uint8(UNKNOWN)
        run = run + 1 if code < 4 else 0
        word = (word << np.uint64(2)) | np.uint64(code & 3)
        words[i] = word
        known[i] = run
    small_mask = np.uint64((1 << (2 * SMALL_SEED)) - 1)
    large_mask = np.uint64((1 << (2 * LARGE_SEED)) - 1)
    short_mask = np.uint64((1 << (2 * SHORT_SEED)) - 1)
    for i in range(run_past):
        run = known[i]
        if run < SHORT_SEED:
            continue
        word = words[i]
        entry = _rank(index.short.bits, index.short.rank, np.int64(word & short_mask))
        if entry >= 0:
            for k in range(index.short.first[entry], index.short.first[entry + 1]):
                piece = index.short.where[k]
                target = index.piece_target[piece]
                size = index.first[target + 1] - index.first[target]
                end = i + index.piece_rest[piece]
                begin = end - size + 1
                if end >= run_past or begin < 0 or begin >= length or size > length or known[end] < size:
                    continue
                mask = (np.uint64(1) << np.uint64(2 * size)) - np.uint64(1)
                wrong = _mismatches(words[end] & mask, index.short_word[target])
                if wrong <= index.short_allowed[target]:
                    if n_shorts == len(shorts):
                        shorts = _grow(shorts)
                    row = shorts[n_shorts]
                    row[0] = target
                    row[1] = length + begin
                    row[2] = length + end + 1
                    row[3] = 0
                    row[4] = size
                    row[5] = size - wrong
                    n_shorts += 1
        if i >= length + LARGE_SEED - 1:
            continue
        for table in range(2):
            if table == 0:
                size = SMALL_SEED
                if run < size:
                    break
                entry = _rank(index.small.bits, index.small.rank, np.int64(word & small_mask))
                if entry < 0:
                    continue
                first, until, where = (
                    index.small.first[entry],
                    index.small.first[entry + 1],
                    index.small.where,
                )
            else:
                size = LARGE_SEED
                if run < size:
                    break
                entry = _rank(index.large.bits, index.large.rank, np.int64(word & large_mask))
                if entry < 0:
                    continue
                first, until, where = (
                    index.large.first[entry],
                    index.large.first[entry + 1],
                    index.large.where,
                )
            q = length + i - size + 1
            for k in range(first, until):
                g = np.int64(where[k])
                diagonal = q - g
                slot = ((diagonal * 0x9E3779B1) >> 8) & (SEEN - 1)
                if seen_diagonal[slot] == diagonal and q < seen_until[slot]:
                    continue
                target = index.target_of[g]
                low, high = np.int64(index.first[target]), np.int64(index.first[target + 1])
                left, right, matches = _extend(frame, index.codes, low, high, q, g, size)
                seen_diagonal[slot] = diagonal
                seen_until[slot] = q + size + right
                span = left + size + right
                if MATCH * matches - MISMATCH * (span - matches) < SEGMENT_SCORE:
                    continue
                if n_segments == len(segments):
                    segments = _grow(segments)
                row = segments[n_segments]
                row[0] = target
                row[1] = q - left
                row[2] = q + size + right
                row[3] = g - left - low
                row[4] = g + size + right - low
                row[5] = matches
                n_segments += 1
    return segments[:n_segments].copy(), shorts[:n_shorts].copy()
