"""The sandbox: runs programs in parallel, one per worker."""

import atexit
import logging
import os
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from weakref import WeakSet

from rewards.code.sandbox.limits import Limits
from rewards.code.sandbox.program import Program, Result
from rewards.code.sandbox.walls import LANDLOCK, NAMESPACES, SECCOMP, walls_that_hold
from rewards.code.sandbox.worker import Worker

_LOG = logging.getLogger(__name__)

BEST = "best"
"""Mode with all walls that this machine has."""
NO_WALLS = "none-i-accept-the-risk"
"""Mode without walls."""


class NoSandboxError(RuntimeError):
    """This machine does not have the walls that untrusted programs need."""


def check_mode(mode: str) -> None:
    """Check that a mode exists.

    Raises:
        ValueError: If the mode is neither `BEST` nor `NO_WALLS`.
    """
    if mode not in (BEST, NO_WALLS):
        raise ValueError(f"sandbox must be one of {BEST}, {NO_WALLS}; got {mode!r}")


def choose_walls(mode: str) -> tuple[str, ...]:
    """Names of the walls for a mode: all that this machine supports, or none.

    Raises:
        ValueError: If the mode is neither `BEST` nor `NO_WALLS`.
        NoSandboxError: If the mode is `BEST` and this machine has no `seccomp`, or neither of the other two.
    """
    check_mode(mode)
    if mode == NO_WALLS:
        _LOG.warning("sandbox: NO WALLS: programs run with all rights of this process, as configured")
        return ()
    walls = walls_that_hold()
    if SECCOMP not in walls or len(walls) < 2:
        raise NoSandboxError(
            f"programs cannot be run safely here: this needs {SECCOMP} and {LANDLOCK} or {NAMESPACES}, but "
            f"this machine has {' and '.join(walls) or 'none of them'}; use Linux 5.13 or later, or set "
            f"sandbox: {NO_WALLS}"
        )
    _LOG.info("sandbox: %s, rlimits", " + ".join(walls))
    return walls


class Sandbox:
    """Runs untrusted programs. Use it as a context manager, or call `close`.

    Args:
        mode: `best`, or `none-i-accept-the-risk`.
        limits: Limits of each program.
        workers: Number of programs that run at the same time; by default the number of usable cores.
        walls: Names of the walls to use instead of those of `mode`.
        modules: Modules that programs can import in addition to the usual ones.

    Raises:
        ValueError: If the mode is unknown or `workers` is below 1.
        NoSandboxError: If the mode is `best` and this machine does not have the walls for it.
    """

    def __init__(
        self,
        mode: str = BEST,
        limits: Limits | None = None,
        workers: int | None = None,
        walls: Sequence[str] | None = None,
        modules: Sequence[str] = (),
    ) -> None:
        count = len(os.sched_getaffinity(0)) if workers is None else workers
        if count < 1:
            raise ValueError(f"a sandbox needs at least one worker, got {workers}")
        self.walls = tuple(walls) if walls is not None else choose_walls(mode)
        self.workers = [Worker(self.walls, limits or Limits(), modules) for _ in range(count)]
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in self.workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="sandbox")
        _OPEN.add(self)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, programs: Sequence[Program]) -> list[Result]:
        """One result per program, in order. Any number of threads may call this at the same time."""
        return list(self._threads.map(self._run_one, programs))

    def _run_one(self, program: Program) -> Result:
        worker = self._idle.get()
        try:
            return worker.run(program)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End the workers and all programs that run in them."""
        self._threads.shutdown(cancel_futures=True)
        for worker in self.workers:
            worker.close()
        _OPEN.discard(self)

    def forget(self) -> None:
        """Release the workers without ending them. For a forked process, whose parent owns the workers."""
        for worker in self.workers:
            worker.forget()


_OPEN: WeakSet[Sandbox] = WeakSet()
_SHARED: dict[tuple[str, Limits], Sandbox] = {}
_SHARED_LOCK = threading.Lock()


def shared_sandbox(mode: str, limits: Limits) -> Sandbox:
    """The sandbox of this process for a mode and limits. It is created at first use and closed at exit.

    Raises:
        ValueError: If the mode is unknown.
        NoSandboxError: If the mode is `best` and this machine does not have the walls for it.
    """
    with _SHARED_LOCK:
        sandbox = _SHARED.get((mode, limits))
        if sandbox is None:
            sandbox = _SHARED[mode, limits] = Sandbox(mode, limits)
        return sandbox


def _close_all() -> None:
    for sandbox in list(_OPEN):
        sandbox.close()


def _forget_all() -> None:
    global _SHARED_LOCK  # noqa: PLW0603 - a lock of the parent is unusable in a fork
    _SHARED_LOCK = threading.Lock()  # a thread of the parent may have held the old one
    _SHARED.clear()
    for sandbox in list(_OPEN):
        sandbox.forget()
        _OPEN.discard(sandbox)


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
