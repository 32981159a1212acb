"""The wall `landlock`: a Landlock domain without rules. It blocks files, TCP, and signals to the outside."""

import struct

from rewards.code.sandbox.libc import syscall

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # these numbers are the same on every architecture
_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""Number of file rights, by the first version of Landlock that has as many."""
_TCP_RIGHTS, _SCOPES = 0b11, 0b11
_TCP_SINCE, _SCOPES_SINCE = 4, 6


def create_ruleset() -> int:
    """Descriptor of a rule set that denies all that this kernel can control.

    Raises:
        OSError: If the kernel has no Landlock or it is disabled.
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
    """Apply a rule set to this process permanently. `PR_SET_NO_NEW_PRIVS` must be set before.

    Raises:
        OSError: If the kernel refuses.
    """
    syscall(_RESTRICT_SELF, ruleset, 0)
