"""Memory of the C library: what a step frees is kept for the next one."""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Names of settings, from glibc's malloc.h."""
_LARGEST_INT = 2**31 - 1
_TOP_PAD_BYTES = 64 << 20


def keep_freed_memory() -> None:
    """Have glibc reuse freed memory, instead of giving large blocks back to the kernel and asking again.

    A large tensor is otherwise mapped anew for every operation, and each of its pages faulted in: that takes
    longer than the operation. Does nothing where the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST_INT)
    mallopt(_TRIM_THRESHOLD, _LARGEST_INT)
    mallopt(_TOP_PAD, _TOP_PAD_BYTES)
