"""Counts repeated bases with rolling hashes of both strands, in linear time."""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.jit import kernel

_BASE = 0x9E3779B97F4A7C15


@kernel
def _window_hashes(codes: Codes, size: int, circular: bool) -> NDArray[np.uint64]:
    """One hash per window, by start; equal for reverse complements, 0 for windows with an unknown base."""
    length = len(codes)
    hashes = np.zeros(length, dtype=np.uint64)
    base = np.uint64(_BASE)
    inverse = np.uint64(1)  # base**-1 modulo 2**64, by Newton's iteration
    for _ in range(6):
        inverse *= np.uint64(2) - base * inverse
    top = np.uint64(1)
    for _ in range(size - 1):
        top *= base
    forward, backward, place, known = np.uint64(0), np.uint64(0), np.uint64(1), 0
    until = length + size - 1 if circular else length
    for i in range(until):
        code = codes[i % length]
        known = known + 1 if code < 4 else 0
        entering, opposite = np.uint64(code + 1), np.uint64(4 - min(code, np.uint8(3)))
        if i >= size:
            leaving = codes[(i - size) % length]
            forward -= np.uint64(leaving + 1) * top
            backward -= np.uint64(4 - min(leaving, np.uint8(3)))
        forward = forward * base + entering
        if i < size:
            backward += opposite * place
            place *= base
        else:
            backward = backward * inverse + opposite * top
        if i >= size - 1 and known >= size:
            hashes[i - size + 1] = max(np.uint64(1), min(forward, backward))
    return hashes


@kernel
def repeated_windows(codes: Codes, size: int, circular: bool) -> NDArray[np.bool_]:
    """Whether each window of `size` bases occurs twice or more, on either strand, by start; shape [length].

    Args:
        codes: Base codes, shape [length]. A window with an unknown base never counts as a repeat.
        size: Bases per window.
        circular: Whether the ends are joined.
    """
    length = len(codes)
    repeated = np.zeros(length, dtype=np.bool_)
    if length < size or length == 0:
        return repeated
    hashes = _window_hashes(codes, size, circular)
    slots = 16
    while slots < 2 * length:
        slots *= 2
    table = np.zeros(slots, dtype=np.uint64)
    owner = np.zeros(slots, dtype=np.int32)
    for i in range(length):
        value = hashes[i]
        if value == 0:
            continue
        slot = np.int64((value >> np.uint64(20)) & np.uint64(slots - 1))
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + 1) & (slots - 1)
        if table[slot] == value:
            repeated[i] = True
            repeated[owner[slot]] = True
        else:
            table[slot] = value
            owner[slot] = i
    return repeated


@kernel
def repeated_bases(codes: Codes, size: int, circular: bool) -> int:
    """Number of bases inside windows of `size` bases that occur at least twice, on either strand.

    Args:
        codes: Base codes, shape [length]. A window with an unknown base never counts as a repeat.
        size: Bases per window.
        circular: Whether the ends are joined.
    """
    length = len(codes)
    repeated = repeated_windows(codes, size, circular)
    left = 0  # bases ahead that lie in repeated windows already begun
    if circular:
        for start in range(max(0, length - size + 1), length):
            if repeated[start]:
                left = size - (length - start)
    count = 0
    for at in range(length):
        if repeated[at]:
            left = size
        if left > 0:
            left -= 1
            count += 1
    return count
