"""One feature per place: of hits of one class on the same bases, keep the one that says most."""

from __future__ import annotations

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
def select_hits(hits: NDArray[np.int64], length: int, classes: int, index: FeatureIndex) -> NDArray[np.int64]:
    """Drop every hit that shares half of its bases, or half of another's, with a better hit of its class.

    Linear in the bases that the hits span: kept hits are painted on the circle, one layer per class, so
    tandem repeats cost no more than anything else. Ties fall to the smaller target number, then the smaller start.

    Args:
        hits: Rows as ``join_segments`` gives them; shape [n, 7].
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
    painted = np.full((classes, length), -1, dtype=np.int32)
    kept = np.empty((count, COLUMNS), dtype=np.int64)
    n_kept = 0
    for i in range(count):
        hit = hits[order[i]]
        layer = painted[index.class_of[hit[0]]]
        start, span = hit[1], hit[2]
        covered, run, owner = 0, 0, -1
        taken = False
        at = start
        for _ in range(span):
            here = layer[at]
            if here >= 0:
                covered += 1
            if here != owner:
                if owner >= 0 and 2 * run >= kept[owner, 2]:
                    taken = True
                    break
                owner, run = here, 0
            run += 1
            at += 1
            if at == length:
                at = 0
        if owner >= 0 and 2 * run >= kept[owner, 2]:
            taken = True
        if taken or 2 * covered >= span:
            continue
        kept[n_kept] = hit
        at = start
        for _ in range(span):
            if layer[at] < 0:
                layer[at] = n_kept
            at += 1
            if at == length:
                at = 0
        n_kept += 1
    result = kept[:n_kept]
    return result[np.argsort((result[:, 1] << 32) | (result[:, 2] << 16) | result[:, 0], kind="mergesort")]
