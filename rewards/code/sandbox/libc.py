"""Functions of the C library that Python does not offer."""

import ctypes
import os
import platform
import struct

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38

_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _checked(result: int, call: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Result of a system call by its number. Integers are passed as 64 bits, bytes by their address.

    Raises:
        OSError: If the kernel refuses.
    """
    values = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *values), f"system call {number}")


def prctl(option: int, value: int, pointer: ctypes.c_void_p | None = None) -> None:
    """Set a property of this process.

    Raises:
        OSError: If the kernel refuses.
    """
    rest = (ctypes.c_ulong(0), ctypes.c_ulong(0))
    third = pointer if pointer is not None else ctypes.c_ulong(0)
    _checked(_libc.prctl(option, ctypes.c_ulong(value), third, *rest), f"prctl {option}")


def unshare(flags: int) -> None:
    """Move this process to new namespaces of the kinds in `flags`.

    Raises:
        OSError: If the kernel refuses.
    """
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount a file system.

    Raises:
        OSError: If the kernel refuses.
    """
    texts = [text.encode() for text in (source, target, kind)]
    _checked(_libc.mount(*texts, ctypes.c_ulong(flags), options.encode()), f"mount {target}")


def unmount(target: str, flags: int) -> None:
    """Unmount a file system.

    Raises:
        OSError: If the kernel refuses.
    """
    _checked(_libc.umount2(target.encode(), ctypes.c_int(flags)), f"umount {target}")


def give_up_capabilities() -> None:
    """Drop all capabilities of this process permanently. Its user id stays.

    Raises:
        OSError: If the kernel refuses.
        KeyError: If the number of the system call is not known for this architecture.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    syscall(_SYS_CAPSET[platform.machine()], header, bytes(24))
