"""Turns ungapped segments into hits: joins them across gaps, completes their ends, drops chance hits."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.index import RANDOM_WINDOW, FeatureIndex
from rewards.plasmid.engine.jit import kernel

MAX_GAP = 40
"""Largest gap in bases between two segments that are joined into one hit."""

OVERLAP = 12
"""Largest overlap in bases of two segments that are joined."""

LOOK_AHEAD = 8
"""Segments of the same feature that are tried as the next piece; keeps the time linear on repeats."""

END_ROOM = 8
"""An unaligned end of at most this many bases is compared without gaps, and added if half of it matches."""

MIN_IDENTITY = 0.75
MIN_COVERAGE = 0.1
"""Hits with less identity or coverage are dropped."""

MATCH_BITS = 1.85  # log2(0.9 / 0.25)
MISMATCH_BITS = 2.91  # -log2(0.1 / 3 / 0.25)
CHANCE_BITS = float(np.log2(RANDOM_WINDOW * 300 / 0.005))
"""Bits that a complete feature needs: 300 features then give 0.005 chance hits on 5 kb of random DNA."""

COLUMNS = 7  # target, start, span, target start, target end, matches, alignment columns


@kernel
def _order(segments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order of the segments by target, then query start, then target start; shape [n]."""
    keys = (segments[:, 0] << 42) | (segments[:, 1] << 16) | (segments[:, 3] & 0xFFFF)
    return np.argsort(keys, kind="mergesort")


@kernel
def join_segments(
    segments: NDArray[np.int64], frame: Codes, length: int, circular: bool, index: FeatureIndex
) -> NDArray[np.int64]:
    """Join segments to hits and drop those that may be due to chance.

    Args:
        segments: From `find_segments`; shape [n, 6].
        frame: The frame in which they were found.
        length: Length of the sequence, in bases.
        circular: Whether the ends of the sequence are joined.
        index: The feature index.

    Returns:
        Hits, shape [m, 7]: target, query start in [0, length), bases spanned on the query, target start,
        target end, matches, alignment columns.
    """
    count = len(segments)
    n_wrapped = 0
    if circular:  # a segment just after position 0 may continue one that ends just before it
        for i in range(count):
            if segments[i, 1] < length + MAX_GAP:
                n_wrapped += 1
    rows = np.empty((count + n_wrapped, 6), dtype=np.int64)
    rows[:count] = segments
    if circular:
        at = count
        for i in range(count):
            if segments[i, 1] < length + MAX_GAP:
                rows[at] = segments[i]
                rows[at, 1] += length
                rows[at, 2] += length
                at += 1
    order = _order(rows)
    total = len(order)
    used = np.zeros(total, dtype=np.bool_)
    hits = np.empty((total, COLUMNS), dtype=np.int64)
    n_hits = 0
    for i in range(total):
        if used[i]:
            continue
        row = rows[order[i]]
        target, q_start, q_end, t_start, t_end, matches = row[0], row[1], row[2], row[3], row[4], row[5]
        size = np.int64(index.first[target + 1] - index.first[target])
        used[i] = True
        tried = 0
        for j in range(i + 1, total):
            if t_end >= size or tried == LOOK_AHEAD:
                break
            other = rows[order[j]]
            if other[0] != target or other[1] > q_end + MAX_GAP:
                break
            tried += 1
            if used[j] or other[2] <= q_end or other[4] <= t_end:
                continue
            q_gap, t_gap = other[1] - q_end, other[3] - t_end
            if q_gap < -OVERLAP or t_gap < -OVERLAP or t_gap > MAX_GAP:
                continue
            matches += other[5] - max(0, -q_gap, -t_gap)
            q_end, t_end = other[2], other[4]
            used[j] = True
            tried = 0
        offset = np.int64(index.first[target])
        if 0 < t_start <= END_ROOM and q_start >= t_start:
            n_equal = 0
            for step in range(1, t_start + 1):
                n_equal += frame[q_start - step] == index.codes[offset + t_start - step]
            if 2 * n_equal >= t_start:
                q_start -= t_start
                matches += n_equal
                t_start = 0
        rest = size - t_end
        if 0 < rest <= END_ROOM and q_end + rest <= len(frame):
            n_equal = 0
            for step in range(rest):
                n_equal += frame[q_end + step] == index.codes[offset + t_end + step]
            if 2 * n_equal >= rest:
                q_end += rest
                matches += n_equal
                t_end = size
        span, covered = q_end - q_start, t_end - t_start
        columns = max(span, covered)
        if span > length or matches < MIN_IDENTITY * columns or covered < MIN_COVERAGE * size:
            continue
        bits = MATCH_BITS * matches - MISMATCH_BITS * (columns - matches)
        if bits < CHANCE_BITS + np.log2(size - covered + 1.0):
            continue
        hit = hits[n_hits]
        hit[0], hit[1], hit[2], hit[3], hit[4], hit[5], hit[6] = (
            target,
            q_start % length,
            span,
            t_start,
            t_end,
            matches,
            columns,
        )
        n_hits += 1
    return hits[:n_hits].copy()
