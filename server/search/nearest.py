"""Error messages that name the nearest valid name."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown_name_message(kind: str, name: object, valid: Iterable[str]) -> str:
    """Message that `name` is not a valid `kind`, with the nearest valid name, or all if none is near."""
    names = sorted(valid)
    near = get_close_matches(str(name), names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    return f"unknown {kind} {name!r}; {hint}"
