"""The whole search in one compiled call: segments, joins, short features, one hit per place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.chain import COLUMNS, join_segments
from rewards.plasmid.engine.index import FeatureIndex
from rewards.plasmid.engine.jit import kernel
from rewards.plasmid.engine.scan import find_segments, make_frame
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
    segments, shorts = find_segments(frame, length, index)
    joined = join_segments(segments, frame, length, circular, index)
    hits = np.empty((len(joined) + len(shorts), COLUMNS), dtype=np.int64)
    hits[: len(joined)] = joined
    for i in range(len(shorts)):
        hit, short = hits[len(joined) + i], shorts[i]
        hit[0], hit[1], hit[2] = short[0], short[1] - length, short[2] - short[1]
        hit[3], hit[4], hit[5], hit[6] = 0, short[4], short[5], short[4]
    return select_hits(hits, length, classes, index)
