"""One feature per place: of hits of one class on the same bases, keep the one that says most."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.chain import COLUMNS
from rewards.plasmid.engine.index import FeatureIndex
from rewards.plasmid.engine.jit import kernel


@kernel
def _scores(hits: NDArray[np.int64], index: FeatureIndex) -> NDArray[np.int64]:
    """Matching bases x coverage x identity, in thousandths of a base, so that ties are exact."""
    scores = np.empty(len(hits), dtype=np.int64)
    for i in range(len(hits)):
        hit = hits[i]
        size = index.first[hit[0] + 1] - index.first[hit[0]]
        scores[i] = (1000 * hit[5] * (hit[4] - hit[3]) * hit[5]) // (size * hit[6])
    return scores


@kernel
def _is_taken(layer: NDArray[np.int32], kept: NDArray[np.int64], start: int, span: int) -> bool:
    """Whether a stretch shares half of its bases, or half of a kept hit's, with what is painted."""
    covered, run, owner = 0, 0, -1
    at = start
    for _ in range(span):
        here = layer[at]
        if here != owner:
            if owner >= 0 and 2 * run >= kept[owner, 2]:
                return True
            owner, run = here, 0
        run += 1
        covered += here >= 0
        at += 1
        if at == len(layer):
            at = 0
    return (owner >= 0 and 2 * run >= kept[owner, 2]) or 2 * covered >= span


@kernel
def select_hits(hits: NDArray[np.int64], length: int, classes: int, index: FeatureIndex) -> NDArray[np.int64]:
    """Drop every hit that shares half of its bases, or half of another's, with a better hit of its class.

    Linear in the bases that the hits span: the kept hits of a class are painted on the circle, so
    tandem repeats cost no more than anything else. Ties fall to the smaller target number, then the smaller
    start.

    Args:
        hits: Rows as `join_segments` gives them; shape [n, 7].
        length: Bases of the sequence.
        classes: Number of classes.
        index: The feature index.

    Returns:
        The kept hits by start, shape [m, 7].
    """
    count = len(hits)
    scores = _scores(hits, index)
    by_place = np.argsort((hits[:, 0] << 32) | hits[:, 1], kind="mergesort")
    order = by_place[np.argsort(-scores[by_place], kind="mergesort")]
    layer = np.empty(length, dtype=np.int32)
    kept = np.empty((count, COLUMNS), dtype=np.int64)
    n_kept = 0
    for number in range(classes):
        clean = False
        for i in order:
            if index.class_of[hits[i, 0]] != number:
                continue
            if not clean:
                layer[:] = -1
                clean = True
            if _is_taken(layer, kept, hits[i, 1], hits[i, 2]):
                continue
            kept[n_kept] = hits[i]
            at = hits[i, 1]
            for _ in range(hits[i, 2]):
                if layer[at] < 0:
                    layer[at] = n_kept
                at += 1
                if at == length:
                    at = 0
            n_kept += 1
    result = kept[:n_kept]
    return result[np.argsort((result[:, 1] << 32) | (result[:, 2] << 16) | result[:, 0], kind="mergesort")]
