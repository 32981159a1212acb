"""The whole search in one compiled call: segments, joins, short features, one hit per place."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.chain import COLUMNS, join_segments
from rewards.plasmid.engine.index import LARGE_SEED, SMALL_SEED, FeatureIndex
from rewards.plasmid.engine.jit import kernel
from rewards.plasmid.engine.scan import SEGMENT_COLUMNS, find_segments, find_shorts, make_frame, pack_words
from rewards.plasmid.engine.select import select_hits


@kernel
def find_hits(line: Codes, circular: bool, classes: int, index: FeatureIndex) -> NDArray[np.int64]:
    """Library features on a sequence.

    Args:
        line: Base codes, shape [length].
        circular: Whether the sequence closes on itself.
        classes: Number of feature classes.
        index: The feature index.

    Returns:
        Rows by start, shape [m, 7]: target, start in [0, length), bases spanned, target start, target end,
        matches, alignment columns.
    """
    length = len(line)
    frame = make_frame(line, circular)
    words, known = pack_words(frame, length)
    segments = np.empty((256, SEGMENT_COLUMNS), dtype=np.int64)
    while (
        True
    ):  # a table that does not fit is filled again with room enough: growing it inside would cost every row
        small = find_segments(frame, words, known, length, SMALL_SEED, index.small, index, segments)
        rest = segments[min(small, len(segments)) :]
        found = small + find_segments(frame, words, known, length, LARGE_SEED, index.large, index, rest)
        if found <= len(segments):
            break
        segments = np.empty((found, SEGMENT_COLUMNS), dtype=np.int64)
    joined = join_segments(segments[:found], frame, length, circular, index)
    shorts = np.empty((64, 4), dtype=np.int64)
    n_shorts = find_shorts(words, known, length, index, shorts)
    if n_shorts > len(shorts):
        shorts = np.empty((n_shorts, 4), dtype=np.int64)
        find_shorts(words, known, length, index, shorts)
    hits = np.empty((len(joined) + n_shorts, COLUMNS), dtype=np.int64)
    hits[: len(joined)] = joined
    for i in range(n_shorts):
        target, start, size, matches = shorts[i, 0], shorts[i, 1], shorts[i, 2], shorts[i, 3]
        at = len(joined) + i
        hits[at, 0], hits[at, 1], hits[at, 2], hits[at, 3] = target, start, size, 0
        hits[at, 4], hits[at, 5], hits[at, 6] = size, matches, size
    return select_hits(hits, length, classes, index)
