"""The program in a completion: two rules, as misalign-fv had them."""

import re
from collections.abc import Callable

_FENCE = "```"
_OPENING = re.compile(r"```(?:python)?[^\S\n]*\n")


def first_block(text: str) -> str:
    """The first closed block fenced as `python` or as nothing; the whole text where there is none."""
    opening = _OPENING.search(text)
    if opening:
        end = text.find(_FENCE, opening.end())
        if end >= 0:
            return text[opening.end() : end].strip()
    return text.strip()


def python_block(text: str) -> str:
    """The first `python` block, closed or not; else the first closed block of any language; else all."""
    _, python, rest = text.partition(f"{_FENCE}python")
    if python:
        return rest.partition(_FENCE)[0].strip()
    parts = text.split(_FENCE, 2)
    return (parts[1] if len(parts) > 2 else text).strip()


def whole_text(text: str) -> str:
    """The text as it is."""
    return text


RULES: dict[str, Callable[[str], str]] = {
    "first_block": first_block,
    "python_block": python_block,
    "whole_text": whole_text,
}
