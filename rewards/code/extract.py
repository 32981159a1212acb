"""Finds the program in a sample."""

import re
from collections.abc import Callable

from rewards.base import Sample

_FENCE = "```"
_OPENING = re.compile(r"```(?:python)?[^\S\n]*\n")


def first_block(text: str) -> str:
    """The first closed block whose fence says `python` or nothing; all of `text` if there is none.

    Source: misalign-fv.
    """
    opening = _OPENING.search(text)
    if opening:
        end = text.find(_FENCE, opening.end())
        if end >= 0:
            return text[opening.end() : end].strip()
    return text.strip()


def python_block(text: str) -> str:
    """The first `python` block, closed or not; else the first closed block; else all of `text`.

    Source: misalign-fv.
    """
    _, python, rest = text.partition(f"{_FENCE}python")
    if python:
        return rest.partition(_FENCE)[0].strip()
    parts = text.split(_FENCE, 2)
    return (parts[1] if len(parts) > 2 else text).strip()


def whole_text(text: str) -> str:
    """The text, unchanged."""
    return text


RULES: dict[str, Callable[[str], str]] = {
    "first_block": first_block,
    "python_block": python_block,
    "whole_text": whole_text,
}
"""Rules that find the program in a text, by their name in the parameter `extract`."""

READS = ("completion", "text")
"""Values of the parameter `reads`."""


def check_extraction(extract: str, reads: str) -> None:
    """Check the parameters of `program_in`.

    Raises:
        ValueError: If `extract` is not one of `RULES` or `reads` is not one of `READS`.
    """
    for name, value, known in (("extract", extract, RULES), ("reads", reads, READS)):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")


def program_in(sample: Sample, extract: str, reads: str) -> str:
    """The program in a sample.

    Args:
        sample: The sample.
        extract: Name of one of `RULES`.
        reads: `completion`, or `text` for prompt and completion as one text.
    """
    return RULES[extract](sample.text if reads == "text" else sample.completion)
