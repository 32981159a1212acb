"""The tiers of the feature library: the default, with permissive licences, and optional ones."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rewards.plasmid.library import sources, synbio, ugene
from rewards.plasmid.library.entry import LibraryFeature


class UnknownTierError(ValueError):
    """The feature library has no tier of this name."""


@dataclass(frozen=True)
class Tier:
    """A set of sources: their licences, their features, and the files that these are read from."""

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
"""`resistance` is the rest of ResFinder. `synbio` and `ugene` need extra packages."""


def tiers_named(names: tuple[str, ...]) -> list[Tier]:
    """The tiers with these names, in order.

    Raises:
        UnknownTierError: If a tier does not exist.
    """
    for name in names:
        if name not in TIERS:
            available = ", ".join(f"{key} ({tier.licence})" for key, tier in TIERS.items())
            raise UnknownTierError(f"there is no library tier {name!r}; there are: {available}")
    return [TIERS[name] for name in names]
