"""Keeps one hit per place and class: the best of those on the same bases."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.chain import COLUMNS
from rewards.plasmid.engine.index import FeatureIndex
from rewards.plasmid.engine.jit import kernel


@kernel
def _scores(hits: NDArray[np.int64], index: FeatureIndex) -> NDArray[np.int64]:
    """Matching bases x coverage x identity of each hit, in thousandths (integers, so that ties are exact)."""
    scores = np.empty(len(hits), dtype=np.int64)
    for i in range(len(hits)):
        hit = hits[i]
        size = index.first[hit[0] + 1] - index.first[hit[0]]
        scores[i] = (1000 * hit[5] * (hit[4] - hit[3]) * hit[5]) // (size * hit[6])
    return scores


@kernel
def _is_taken(owners: NDArray[np.int32], kept: NDArray[np.int64], start: int, span: int) -> bool:
    """Whether a stretch shares half of its bases with kept hits, or half of the bases of one of them."""
    covered, run, owner = 0, 0, -1
    at = start
    for _ in range(span):
        owner_here = owners[at]
        if owner_here != owner:
            if owner >= 0 and 2 * run >= kept[owner, 2]:
                return True
            owner, run = owner_here, 0
        run += 1
        covered += owner_here >= 0
        at += 1
        if at == len(owners):
            at = 0
    return (owner >= 0 and 2 * run >= kept[owner, 2]) or 2 * covered >= span


@kernel
def select_hits(hits: NDArray[np.int64], length: int, classes: int, index: FeatureIndex) -> NDArray[np.int64]:
    """The hits that share less than half of the bases of either one with any better hit of their class.

    Of equally good hits, the one with the smaller target number is better, then the one with the smaller
    start. The kept hits of a class are marked on the circle, so the time is linear in the bases that the hits
    span, also on tandem repeats.

    Args:
        hits: Rows as `join_segments` returns them; shape [n, 7].
        length: Length of the sequence, in bases.
        classes: Number of feature classes.
        index: The feature index.

    Returns:
        The kept hits, sorted by start; shape [m, 7].
    """
    count = len(hits)
    scores = _scores(hits, index)
    by_place = np.argsort((hits[:, 0] << 32) | hits[:, 1], kind="mergesort")
    order = by_place[np.argsort(-scores[by_place], kind="mergesort")]
    owners = np.empty(length, dtype=np.int32)
    kept = np.empty((count, COLUMNS), dtype=np.int64)
    n_kept = 0
    for class_number in range(classes):
        is_clear = False
        for i in order:
            if index.class_of[hits[i, 0]] != class_number:
                continue
            if not is_clear:
                owners[:] = -1
                is_clear = True
            if _is_taken(owners, kept, hits[i, 1], hits[i, 2]):
                continue
            kept[n_kept] = hits[i]
            at = hits[i, 1]
            for _ in range(hits[i, 2]):
                if owners[at] < 0:
                    owners[at] = n_kept
                at += 1
                if at == length:
                    at = 0
            n_kept += 1
    result = kept[:n_kept]
    return result[np.argsort((result[:, 1] << 32) | (result[:, 2] << 16) | result[:, 0], kind="mergesort")]
