"""One canonical reading of a circle, so that the features found on it do not depend on rotation or strand.

The circle is cut where no stretch without stop codons spans the cut on either strand, so that no gene is cut.
Of these places and the two directions, the one that gives the alphabetically first text is taken.
"""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.jit import kernel

MAX_TIES = 16
"""Cuts with the same first bases that are compared in full. With more of them the sequence is a repeat."""

_WORD = 21  # bases in a 64-bit word, 3 bits each


def _stop_kinds() -> NDArray[np.uint8]:
    """For each codon (three octal digits): 1 for a stop codon, 2 for one of the other strand, else 0."""
    kinds = np.zeros(512, dtype=np.uint8)
    kinds[[0o300, 0o302, 0o320]] = 1  # TAA, TAG, TGA
    kinds[[0o330, 0o130, 0o310]] = 2  # TTA, CTA, TCA
    return kinds


_STOP_KIND = _stop_kinds()


@kernel
def _open_cuts(codes: Codes, min_open: int) -> tuple[NDArray[np.int32], bool]:
    """Number of stop-free stretches of at least `min_open` bases that span each possible cut.

    Returns:
        `(counts, cuttable)`: counts has shape [length + 1], entry p for the cut before base p; cuttable says
        whether some cut has the count 0. If none has, all counts are set to 0.
    """
    length = len(codes)
    blocked = np.zeros(length + 1, dtype=np.int32)
    last_stop = np.full(6, -1, dtype=np.int64)  # previous stop per frame, + strand then - strand
    every_frame_stops = True
    word = 0
    at, frame, index = -2, 1, 0
    for _ in range(2 * length + 2):
        word = ((word << 3) | codes[index]) & 511
        index += 1
        if index == length:
            index = 0
        kind = _STOP_KIND[word]
        if kind != 0 and at >= 0:
            slot = frame if kind == 1 else frame + 3
            previous = last_stop[slot]
            last_stop[slot] = at
            if at >= length:
                if previous < 0 or at - previous >= length:
                    every_frame_stops = False
                elif at - previous >= min_open:
                    open_from = previous + 4 if kind == 1 else previous + 1
                    open_until = at + 3 if kind == 1 else at
                    open_from = open_from - length if open_from >= length else open_from
                    open_until -= length if open_until < 2 * length else 2 * length
                    blocked[open_from] += 1
                    blocked[open_until] -= 1
                    if open_until < open_from:
                        blocked[0] += 1
        at += 1
        frame = 0 if frame == 2 else frame + 1
    for slot in range(6):
        if last_stop[slot] < length:
            every_frame_stops = False
    depth = 0
    cuttable = False
    for p in range(length):
        depth += blocked[p]
        blocked[p] = depth
        cuttable |= depth == 0
    if not (cuttable and every_frame_stops):
        blocked[:] = 0
        cuttable = False
    return blocked, cuttable


@kernel
def _precedes(codes: Codes, cut_a: int, reversed_a: bool, cut_b: int, reversed_b: bool) -> bool:
    """Whether the reading from cut a comes alphabetically before the reading from cut b."""
    length = len(codes)
    for i in range(length):
        if reversed_a:
            code = codes[(cut_a - 1 - i) % length]
            a = 3 - code if code < 4 else code
        else:
            a = codes[(cut_a + i) % length]
        if reversed_b:
            code = codes[(cut_b - 1 - i) % length]
            b = 3 - code if code < 4 else code
        else:
            b = codes[(cut_b + i) % length]
        if a != b:
            return bool(a < b)
    return False


@kernel
def _least_rotation(codes: Codes, backwards: bool) -> int:
    """Cut of the alphabetically first rotation of one strand, in linear time (two-pointer algorithm)."""
    length = len(codes)
    i, j, k = 0, 1, 0
    while i < length and j < length and k < length:
        if backwards:
            a, b = codes[length - 1 - (i + k) % length], codes[length - 1 - (j + k) % length]
            a = 3 - a if a < 4 else a
            b = 3 - b if b < 4 else b
        else:
            a, b = codes[(i + k) % length], codes[(j + k) % length]
        if a == b:
            k += 1
            continue
        if a > b:
            i += k + 1
        else:
            j += k + 1
        if i == j:
            j += 1
        k = 0
    start = min(i, j)
    return (length - start) % length if backwards else start


@kernel
def canonical_cut(codes: Codes, min_open: int) -> tuple[int, bool, bool]:
    """Position and direction in which the canonical reading of a circle begins.

    Args:
        codes: Base codes of the circle, shape [length], length at least 1.
        min_open: Stop-free stretches of at least this many bases are not cut if that is possible.

    Returns:
        `(cut, backwards, cuttable)`: read from base `cut` upwards, or, if `backwards`, the reverse complement
        from base `cut - 1` downwards. `cuttable` is False if every cut is inside a stop-free stretch.
    """
    length = len(codes)
    blocked, cuttable = _open_cuts(codes, min_open)
    mask = (1 << 63) - 1
    top = 3 * (_WORD - 1)
    forward = 0
    backward = 0
    best = mask
    cuts = np.empty(MAX_TIES, dtype=np.int64)
    directions = np.empty(MAX_TIES, dtype=np.bool_)
    ties = 0
    index = 0
    for i in range(length + _WORD - 1):
        code = codes[index]
        index += 1
        if index == length:
            index = 0
        forward = ((forward << 3) | code) & mask
        backward = (backward >> 3) | ((3 - code if code < 4 else 4) << top)
        if i < _WORD - 1:
            continue
        if forward <= best:
            cut = i - _WORD + 1
            if blocked[cut] == 0:
                if forward < best:
                    best = forward
                    ties = 0
                if ties < MAX_TIES:
                    cuts[ties] = cut
                    directions[ties] = False
                ties += 1
        if backward <= best:
            cut = (i + 1) % length
            if blocked[cut] == 0:
                if backward < best:
                    best = backward
                    ties = 0
                if ties < MAX_TIES:
                    cuts[ties] = cut
                    directions[ties] = True
                ties += 1
    if ties > MAX_TIES:
        cut_a = _least_rotation(codes, False)
        cut_b = _least_rotation(codes, True)
        if _precedes(codes, cut_b, True, cut_a, False):
            return cut_b, True, False
        return cut_a, False, False
    winner = 0
    for tie in range(1, ties):
        if _precedes(codes, cuts[tie], directions[tie], cuts[winner], directions[winner]):
            winner = tie
    return cuts[winner], directions[winner], cuttable


@kernel
def read_from(codes: Codes, cut: int, backwards: bool) -> Codes:
    """Base codes of the circle, read from `cut` in the given direction; shape [length]."""
    length = len(codes)
    out = np.empty(length, dtype=np.uint8)
    if backwards:
        index = cut - 1
        for i in range(length):
            if index < 0:
                index += length
            code = codes[index]
            out[i] = 3 - code if code < 4 else code
            index -= 1
    else:
        out[: length - cut] = codes[cut:]
        out[length - cut :] = codes[:cut]
    return out


def map_back(start: int, span: int, cut: int, backwards: bool, length: int) -> tuple[int, int]:
    """Coordinates on the sequence as written of a stretch of the canonical reading.

    Returns:
        `(start, end)`, start in [0, length) and end in (0, length]; end <= start if the stretch crosses
        position 0.
    """
    start = (cut - start - span if backwards else cut + start) % length
    end = start + span
    return start, end if end <= length else end - length
