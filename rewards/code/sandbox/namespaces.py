"""The wall `namespaces`: no files, network devices or other processes are visible. Needs no privilege."""

import os
import platform
import signal
import socket

from rewards.code.sandbox.libc import PR_SET_PDEATHSIG, mount, prctl, syscall, unmount, unshare

_NEW_USER, _NEW_PID, _NEW_NET, _NEW_MOUNT = 0x10000000, 0x20000000, 0x40000000, 0x00020000
_NEW_IPC, _NEW_UTS, _NEW_CGROUP = 0x08000000, 0x04000000, 0x02000000
_PRIVATE, _RECURSIVE = 1 << 18, 1 << 14
_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS, _REMOUNT = 1, 2, 4, 8, 32
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PLACES = ("/tmp", "/mnt", "/proc")
"""Folders on which the new root can be mounted. Only this process sees the mount."""


def enter_namespaces(control: socket.socket | None = None) -> None:
    """Continue in a child process, the first one in new namespaces. This process waits for it and then exits.

    Args:
        control: A socket that the waiting process closes, so that only the child keeps it open.

    Raises:
        OSError: If the kernel, a container's filter or a policy refuses the namespaces.
    """
    user, group = os.getuid(), os.getgid()
    unshare(_NEW_USER | _NEW_PID | _NEW_NET | _NEW_MOUNT | _NEW_IPC | _NEW_UTS | _NEW_CGROUP)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")
    _empty_root()
    child = os.fork()
    if child:
        if control is not None:
            control.close()
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _empty_root() -> None:
    """Replace the root folder by an empty, read-only one."""
    protection = _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS
    mount("none", "/", "none", _PRIVATE | _RECURSIVE)
    place = next(folder for folder in _PLACES if os.path.isdir(folder))
    mount("tmpfs", place, "tmpfs", protection, "size=4k,nr_inodes=2,mode=555")
    os.chdir(place)
    syscall(_PIVOT_ROOT[platform.machine()], b".", b".")
    unmount(".", _DETACH)
    os.chdir("/")
    mount("none", "/", "none", _REMOUNT | _READ_ONLY | protection)
