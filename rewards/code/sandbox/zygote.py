"""A warm interpreter that forks a process for each program, so that no program waits for Python to start.

It never reads a program or an answer, and has no data of the trainer: each program and its answers use a
socket of their own, which passes through here only as a descriptor. So the memory that a program inherits
contains nothing of earlier programs.
"""

import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import BuiltinImporter, FrozenImporter
from typing import Any, NoReturn

from rewards.code.sandbox.child import run_program
from rewards.code.sandbox.limits import limit_self, own_address_space
from rewards.code.sandbox.walls import raise_walls

STATUS = struct.Struct("=id")
"""Wait status and CPU seconds."""
READY, RUN, END = b"R", b"J", b"K"
_NO_PROGRAM = 70

_NAMES = """
_strptime abc array ast base64 binascii bisect calendar cmath codecs collections collections.abc contextlib
copy csv dataclasses datetime decimal difflib enum errno fractions functools gc graphlib hashlib heapq hmac
html inspect io itertools json keyword locale logging math numbers operator os pathlib pickle pprint queue
random re reprlib secrets signal statistics string struct sys textwrap threading time timeit token tokenize
traceback types typing unicodedata uuid warnings weakref zlib encodings.ascii encodings.cp1252
encodings.hex_codec encodings.idna encodings.latin_1 encodings.raw_unicode_escape encodings.rot_13
encodings.unicode_escape encodings.utf_16 encodings.utf_32
"""
MODULES = tuple(_NAMES.split())
"""Modules that programs can import. No others can be loaded inside of the walls, where there are no files."""


def serve(arguments: str) -> None:
    """Load the modules, raise the walls, then run programs until the other end of the control socket closes.

    Args:
        arguments: JSON with `control` (descriptor), `walls`, `modules` (in addition to `MODULES`), and
            `cpu_seconds` and `memory` (bytes) of each program.
    """
    settings: dict[str, Any] = json.loads(arguments)
    control = socket.socket(fileno=settings["control"])
    for name in [*MODULES, *settings["modules"]]:
        importlib.import_module(name)
    sys.path.clear()
    sys.path_importer_cache.clear()
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter]
    _prefer_for_oom_kill()
    space = own_address_space() + settings["memory"]
    confine = raise_walls(settings["walls"], control)
    gc.collect()
    gc.freeze()  # else the collector of a child would write to, and so copy, every page
    control.sendall(READY)
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if request != RUN or len(descriptors) != 2:
            return
        child = os.fork()
        if child == 0:
            _run_child(descriptors, confine, settings["cpu_seconds"], space)
        for descriptor in descriptors:
            os.close(descriptor)
        request = control.recv(1)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)  # without walls a program may have started others
        os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
        if request != END:
            return
        control.sendall(STATUS.pack(status, usage.ru_utime + usage.ru_stime))


def _prefer_for_oom_kill() -> None:
    """Make the kernel kill a program, not the trainer, if memory runs out."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def _run_child(
    descriptors: Sequence[int], confine: Callable[[], None], cpu_seconds: int, address_space: int
) -> NoReturn:
    status = _NO_PROGRAM
    try:
        os.setsid()
        channel, output = descriptors
        for source, target in ((channel, 0), (output, 1), (output, 2)):
            os.dup2(source, target)
        limit_self(cpu_seconds, address_space)
        confine()
        status = run_program(0)
        sys.stdout.flush()
    finally:
        os._exit(status)
