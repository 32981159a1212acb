"""The result of one check before a sweep."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: What was checked.
        level: `error` if runs would fail or learn nothing.
        text: The measured value, and what to do if the level is not `ok`.
    """

    name: str
    level: Level
    text: str
