"""One way to compile a kernel: no GIL, kept on disk under the project's cache folder."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba
from numba.core import config

from rewards.cache_dir import cache_dir

P = ParamSpec("P")
R = TypeVar("R")


def _kernel_dir() -> Path:
    """A folder per state of the kernels' source: the compiler's own check sees only the caller's file."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return cache_dir() / "kernels" / digest.hexdigest()


if not os.environ.get("NUMBA_CACHE_DIR"):
    # Not beside the source: an installed package's folder may be read-only, and every run is a fresh process.
    setattr(config, "CACHE_DIR", str(_kernel_dir()))  # noqa: B010 - the module sets its names at run time


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` without the GIL and keep the machine code for the next process."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast(Callable[P, R], compiled)
