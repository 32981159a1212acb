"""One thing that was looked at before a sweep."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Check:
    """What was looked at, and how it stands.

    Attributes:
        name: what was looked at.
        level: `error` means that runs would fail or teach nothing.
        text: the figure, and what to do where it is not well.
    """

    name: str
    level: Level
    text: str
