"""The wall `seccomp`, the most important one: only system calls that pure computation needs are allowed.

The list has no call that opens a file, creates a socket, starts a process or thread, sends a signal,
duplicates a descriptor, waits, or makes memory executable. So a program can compute, print, answer and end.
"""

import ctypes
import errno
import platform
import struct

from rewards.code.sandbox.libc import PR_SET_SECCOMP, prctl

_X86_64, _AARCH64 = "x86_64", "aarch64"
_AUDIT = {_X86_64: 0xC000003E, _AARCH64: 0xC00000B7}
_X32 = 0x40000000

_ALLOWED = {
    # name: (x86_64, aarch64); None if the architecture has no such call
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
_ALLOWED_UNLESS_EXECUTABLE = {"mmap": (9, 222), "mprotect": (10, 226)}
"""System calls that are allowed unless their third argument, the protection, has the bit `PROT_EXEC`."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # classic BPF
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050000 | errno.EPERM, 0x7FFF0000
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32  # offsets in struct seccomp_data
_PROT_EXEC = 4
_MODE_FILTER = 2


class UnknownArchitectureError(RuntimeError):
    """The numbers of system calls are not known for this architecture."""


def build_filter() -> bytes:
    """The filter in the format of the kernel: classic BPF, eight bytes per instruction.

    Raises:
        UnknownArchitectureError: On machines other than 64-bit x86 and Arm.
    """
    machine = platform.machine()
    if machine not in _AUDIT or struct.calcsize("P") != 8:
        raise UnknownArchitectureError(f"the numbers of system calls are not known for {machine}")
    column = list(_AUDIT).index(machine)
    code: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, _AUDIT[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),  # the x32 ABI has other numbers for the same calls
        (_RETURN, 0, 0, _KILL),
    ]
    for numbers in _ALLOWED.values():
        number = numbers[column]
        if number is not None:
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for numbers in _ALLOWED_UNLESS_EXECUTABLE.values():
        code += [
            (_EQUAL, 0, 4, numbers[column]),
            (_LOAD, 0, 0, _THIRD_ARGUMENT),
            (_ANY_BIT, 0, 1, _PROT_EXEC),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    code.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install_filter(instructions: bytes) -> None:
    """Apply a filter to this process permanently. `PR_SET_NO_NEW_PRIVS` must be set before.

    Args:
        instructions: The filter from `build_filter`.

    Raises:
        OSError: If the kernel refuses.
    """
    program = _Program(len(instructions) // 8, instructions)
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.cast(ctypes.byref(program), ctypes.c_void_p))
