"""Raises the walls around a process, and finds out by trial which of them this machine supports."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from rewards.code.sandbox.landlock import create_ruleset, restrict_self
from rewards.code.sandbox.libc import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, give_up_capabilities, prctl
from rewards.code.sandbox.namespaces import enter_namespaces
from rewards.code.sandbox.seccomp import build_filter, install_filter

SECCOMP, LANDLOCK, NAMESPACES = "seccomp", "landlock", "namespaces"
WALLS = (SECCOMP, LANDLOCK, NAMESPACES)

_PROBE_SECONDS = 60
_DESCRIPTORS = 1 << 16
"""Higher than any descriptor of a light process."""


def raise_walls(walls: Collection[str], control: socket.socket | None = None) -> Callable[[], None]:
    """Raise the walls that a process shares with its children, and prepare those of each child.

    Args:
        walls: Names from `WALLS`; empty for no walls.
        control: A socket that only the process inside of the walls may keep open.

    Returns:
        A function that a child calls before it runs a program. It raises the remaining walls and closes all
        descriptors except 0, 1 and 2.

    Raises:
        OSError: If the kernel refuses one of the walls.
    """
    if NAMESPACES in walls:
        enter_namespaces(control)
    ruleset = create_ruleset() if LANDLOCK in walls else None
    instructions = build_filter() if SECCOMP in walls else None
    if walls:
        give_up_capabilities()

    def confine() -> None:
        if walls:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            prctl(PR_SET_DUMPABLE, 0)
        if ruleset is not None:
            restrict_self(ruleset)
        os.closerange(3, _DESCRIPTORS)
        if instructions is not None:
            install_filter(instructions)

    return confine


def _holds(wall: str) -> bool:
    """Whether a wall can be raised on this machine, and then keeps a test process from reading files."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            raise_walls([wall])()
            status = int(bool(os.listdir("/")))
        except PermissionError as error:
            status = 0 if error.filename == "/" else 1
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return status == 0


def print_walls_that_hold() -> None:
    """Print the names of the walls that hold, as JSON, for `walls_that_hold`."""
    print(json.dumps([wall for wall in WALLS if _holds(wall)]))


@cache
def walls_that_hold() -> tuple[str, ...]:
    """The walls that work on this machine, in the order of `WALLS`. Tried once, in another process."""
    probe = run_light(f"from rewards.code.sandbox import walls; walls.{print_walls_that_hold.__name__}()")
    output, _ = probe.communicate(timeout=_PROBE_SECONDS)
    return tuple(json.loads(output)) if probe.returncode == 0 else ()


def run_light(code: str, *arguments: str, keep: Collection[int] = ()) -> subprocess.Popen[bytes]:
    """A new interpreter without environment variables and site packages, which can import this room.

    Args:
        code: The code that it runs.
        arguments: Its `sys.argv[1:]`.
        keep: Descriptors that it inherits.
    """
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [
            sys.executable,
            "-S",
            "-s",
            "-P",
            "-c",
            f"import sys; sys.path.insert(0, {str(root)!r}); {code}",
            *arguments,
        ],
        env={"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=tuple(keep),
        start_new_session=True,
    )
