"""The tiers of the feature library: the permissive default, and those that are off unless asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rewards.plasmid.library import sources
from rewards.plasmid.library.entry import LibraryFeature


@dataclass(frozen=True)
class Tier:
    """A named set of sources: what they hold and which files that is read from."""

    licence: str
    features: Callable[[], list[LibraryFeature]]
    files: Callable[[], list[Path]]


TIERS = {
    "default": Tier("MIT, BSD-3-Clause, Apache-2.0", sources.default_tier, sources.default_files),
}
