"""A second wall: a Landlock domain without a single rule. No file, no TCP, no signal out of it."""

import struct

from rewards.code.sandbox.libc import syscall

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same on every architecture
_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""Number of rights on files that a version knows, for the versions that brought a new one."""
_TCP_RIGHTS, _SCOPES = 0b11, 0b11
_TCP_SINCE, _SCOPES_SINCE = 4, 6


def create_ruleset() -> int:
    """A rule set that handles all that this kernel can handle, and allows nothing; as a descriptor.

    Raises:
        OSError: If the kernel has no Landlock or it is off.
    """
    version = syscall(_CREATE_RULESET, None, 0, _VERSION)
    rights = max(count for since, count in _FILE_RIGHTS.items() if since <= version)
    attributes = struct.pack("=Q", (1 << rights) - 1)
    if version >= _TCP_SINCE:
        attributes += struct.pack("=Q", _TCP_RIGHTS)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("=Q", _SCOPES)
    return syscall(_CREATE_RULESET, attributes, len(attributes), 0)


def restrict_self(ruleset: int) -> None:
    """Confine this process, for good. It must have given up new privileges before.

    Raises:
        OSError: If the kernel refuses.
    """
    syscall(_RESTRICT_SELF, ruleset, 0)
