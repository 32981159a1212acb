"""The whole search in one compiled call: segments, joined hits, short features, one hit per place."""

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
    """Library features on a sequence, sorted by start.

    Args:
        line: Base codes, shape [length].
        circular: Whether the ends of the sequence are joined.
        classes: Number of feature classes.
        index: The feature index.

    Returns:
        Rows of target, start in [0, length), bases spanned, target start, target end, matches, alignment
        columns; shape [m, 7].
    """
    length = len(line)
    frame = make_frame(line, circular)
    words, known = pack_words(frame, length)
    segments = np.empty((256, SEGMENT_COLUMNS), dtype=np.int64)
    while True:  # if the table is too small, search again: growing it during the search would be slower
        n_small = find_segments(frame, words, known, length, SMALL_SEED, index.small, index, segments)
        rest = segments[min(n_small, len(segments)) :]
        n_segments = n_small + find_segments(
            frame, words, known, length, LARGE_SEED, index.large, index, rest
        )
        if n_segments <= len(segments):
            break
        segments = np.empty((n_segments, SEGMENT_COLUMNS), dtype=np.int64)
    joined = join_segments(segments[:n_segments], frame, length, circular, index)
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
