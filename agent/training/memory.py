"""The most memory a run has held."""

import resource

import torch


def peak_memory_mb() -> float:
    """Peak of the process in MB (1e6 bytes): memory of the GPU where there is one, else resident memory."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # Linux counts in KiB
