"""Error messages that name the nearest valid key."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown_key_message(kind: str, key: str, valid: Iterable[str]) -> str:
    """Message that no `kind` is called `key`, with the most similar name in `valid`, or with all of them."""
    names = sorted(valid)
    close = get_close_matches(key, names, n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else f"valid ones: {', '.join(names)}"
    return f"unknown {kind} `{key}`; {hint}"
