"""The tiers of the feature library: the permissive default, and those that are off unless asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rewards.plasmid.library import sources, synbio, ugene
from rewards.plasmid.library.entry import LibraryFeature


class UnknownTierError(ValueError):
    """There is no tier of that name."""


@dataclass(frozen=True)
class Tier:
    """A named set of sources: their licence, their features, and the files from which these are read."""

    licence: str
    features: Callable[[], list[LibraryFeature]]
    files: Callable[[], list[Path]]


TIERS = {
    "default": Tier("MIT, BSD-3-Clause, Apache-2.0", sources.default_tier, sources.default_files),
    "resistance": Tier(
        "Apache-2.0", lambda: list(sources.resfinder_genes(engineered=False)), sources.resfinder_files
    ),
    "synbio": Tier("GPL-2.0", synbio.features, synbio.files),
    "ugene": Tier("GPL-2.0-or-later", ugene.features, ugene.files),
}
"""`resistance` is the rest of ResFinder; `synbio` and `ugene` need those packages installed."""


def tiers_named(names: tuple[str, ...]) -> list[Tier]:
    """The tiers of these names.

    Raises:
        UnknownTierError: If one of them does not exist.
    """
    for name in names:
        if name not in TIERS:
            known = ", ".join(f"{one} ({tier.licence})" for one, tier in TIERS.items())
            raise UnknownTierError(f"there is no feature library {name!r}; there are: {known}")
    return [TIERS[name] for name in names]
