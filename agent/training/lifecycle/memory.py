"""Memory of a run: how the C library reuses it, the limit on a shared GPU, and the peak."""

import ctypes
import resource
from collections.abc import Mapping

import torch

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Parameters of `mallopt`, from glibc's malloc.h."""
_LARGEST_INT = 2**31 - 1
_TOP_PAD_BYTES = 64 << 20
_CONTEXTS = 0.05
"""Share of a GPU reserved for what its processes hold beside tensors: contexts, kernels, libraries."""


def keep_freed_memory() -> None:
    """Make glibc reuse freed memory instead of returning large blocks to the kernel.

    Otherwise each operation on a large tensor maps its memory anew and faults in every page, which takes
    longer than the operation itself. Does nothing if the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_MMAP_THRESHOLD, _LARGEST_INT)
    mallopt(_TRIM_THRESHOLD, _LARGEST_INT)
    mallopt(_TOP_PAD, _TOP_PAD_BYTES)


def limit_gpu_share(environment: Mapping[str, str]) -> None:
    """Limit the GPU memory of this process to its share if several agents use one GPU.

    A run that needs more than its share then runs out of memory itself, and continues with fewer completions
    per forward pass. Without a limit, a run of another agent would fail instead.

    Args:
        environment: `AGENTS_PER_GPU` is read from it; see `docker/claim_gpu.py`.
    """
    agents = int(environment.get("AGENTS_PER_GPU") or 1)
    if agents > 1 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction((1 - _CONTEXTS) / agents)


def peak_memory_mb() -> float:
    """Peak memory of this process in MB (1e6 bytes): GPU memory if there is a GPU, else resident memory."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # Linux counts in KiB
