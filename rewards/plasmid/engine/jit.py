"""Compiles kernels: without the GIL, cached on disk in the project's cache folder."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba
from numba.core import config

from rewards.files.cache_dir import cache_dir

P = ParamSpec("P")
R = TypeVar("R")


def _kernel_dir() -> Path:
    """Cache folder for the current source of all kernels; numba checks only the file of the called one."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return cache_dir() / "kernels" / digest.hexdigest()


if not os.environ.get("NUMBA_CACHE_DIR"):
    # Not beside the source: the folder of an installed package may be read-only.
    setattr(config, "CACHE_DIR", str(_kernel_dir()))  # noqa: B010 - numba defines the name at run time


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, compiled to run without the GIL; later processes reuse the machine code."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast(Callable[P, R], compiled)
