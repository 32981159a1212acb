"""What both kinds of map share: the levels of overlapping features, labels and the look of a feature."""

from collections.abc import Sequence
from typing import Any

from rewards.plasmid.engine.circle import shared_bases
from rewards.plasmid.features import UNKNOWN_GENE, Feature
from rewards.plasmid.map.colours import COLOURS
from rewards.plasmid.shown import label_of, shown_class

INK, SOFT = "#333333", "#8a8a8a"
LABEL_SIZE, SITE_SIZE = 8.0, 6.5
MAX_LABEL = 34
"""Characters from which a label is cut."""


def levels_of(features: Sequence[Feature], length: int) -> list[int]:
    """Level of each feature, from 0, so that features on one level do not overlap.

    Long ones come first; open reading frames that nothing explains come last.

    Args:
        features: The features.
        length: Length of the molecule, in bases.
    """
    levels = [0] * len(features)
    placed: list[list[Feature]] = []
    for index in sorted(
        range(len(features)), key=lambda i: (features[i].kind == "orf", -features[i].span, i)
    ):
        one = features[index]
        level = 0
        while level < len(placed) and any(
            shared_bases(one.start, one.span, other.start, other.span, length) for other in placed[level]
        ):
            level += 1
        if level == len(placed):
            placed.append([])
        placed[level].append(one)
        levels[index] = level
    return levels


def map_label(feature: Feature) -> str:
    """The label of a feature on a map; empty for a gene without a name."""
    return "" if feature.name == UNKNOWN_GENE else cut(label_of(feature), MAX_LABEL)


def cut(text: str, length: int) -> str:
    """A text of at most `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def look_of(feature: Feature) -> dict[str, Any]:
    """Patch properties of a feature: its class by colour, broken and fragments by a dashed line."""
    works = not (feature.fragment or feature.defect)
    return {
        "fc": COLOURS[shown_class(feature)],
        "ec": INK if works else SOFT,
        "lw": 0.8,
        "ls": "-" if works else (0, (2, 1.5)),
    }


def tick_step(length: int) -> int:
    """Bases between two ticks of a ruler that has at most 12."""
    return next(step for step in (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 10**9) if length / step <= 12)


def tick_label(base: float) -> str:
    """Label of a tick: bases, or kilobases from 1000 on."""
    return f"{base / 1000:g} kb" if base >= 1000 else f"{base:g}"
