"""Memory of a run: the most it has held, and the most of a shared GPU that it may take."""

import resource
from collections.abc import Mapping

import torch

_CONTEXTS = 0.05
"""Share of a GPU left to what its processes hold beside tensors: contexts, kernels, libraries."""


def peak_memory_mb() -> float:
    """Peak of the process in MB (1e6 bytes): memory of the GPU where there is one, else resident memory."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # Linux counts in KiB


def take_a_share(environment: Mapping[str, str]) -> None:
    """Bound the memory of this process where `AGENTS_PER_GPU` (see `docker/claim_gpu.py`) share a GPU.

    A run that needs more is then out of memory itself, and goes on with smaller passes; without a bound it is
    its neighbour that fails.
    """
    agents = int(environment.get("AGENTS_PER_GPU") or 1)
    if agents > 1 and torch.cuda.is_available():
        torch.cuda.set_per_process_memory_fraction((1 - _CONTEXTS) / agents)
