"""One way to compile a kernel: no GIL, kept on disk under the project's cache folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba

from rewards.cache_dir import cache_dir

F = TypeVar("F", bound=Callable[..., Any])

if not os.environ.get("NUMBA_CACHE_DIR"):
    # An installed package's folder may be read-only, and every run is a fresh process.
    numba.config.CACHE_DIR = str(cache_dir() / "kernels")


def kernel(function: F) -> F:
    """Compile ``function`` without the GIL and keep the machine code for the next process."""
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
