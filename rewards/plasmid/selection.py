"""What a selection marker selects: bacteria, or yeast and mammalian cells."""

from typing import Literal

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.families import family_of
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import gaps, stretches_of

Use = Literal["bacterial", "eukaryotic", "unknown"]

PROMOTER_REACH = 500
"""Bases upstream of a marker in which promoters decide which cells it selects."""


def is_bacterial_marker(feature: Feature, annotation: Annotation) -> bool:
    """Whether a feature is a marker that selects bacteria."""
    return feature.feature_class == "marker" and marker_use(feature, annotation) == "bacterial"


def marker_use(marker: Feature, annotation: Annotation) -> Use:
    """Which cells a marker selects.

    A marker that works in bacteria and in other cells (`dual`: neomycin/kanamycin, zeocin, hygromycin,
    blasticidin) selects bacteria if a bacterial promoter is near, and other cells if only promoters of those
    are, working or broken. Without a promoter it counts as bacterial, unless the molecule has a marker that
    works in bacteria only.
    """
    host = family_of(marker.name, "marker").host
    if host == "bacterial" or host == "eukaryotic":
        return host
    if host != "dual":
        return "unknown"
    promoters = [p for p in annotation.of_class("promoter") if p.strand == marker.strand]
    if promoters:
        distances = gaps(stretches_of(promoters), stretches_of([marker]), annotation.length)
        near = [p for p, gap in zip(promoters, distances, strict=True) if gap <= PROMOTER_REACH]
        hosts = {(family_of(p.name, "promoter").host, not p.defect) for p in near}
        if ("bacterial", True) in hosts:
            return "bacterial"  # a bacterial promoter behind a eukaryotic one makes the marker serve in both
        if ("eukaryotic", True) in hosts or ("eukaryotic", False) in hosts:
            return "eukaryotic"
    others = (family_of(other.name, "marker").host for other in annotation.of_class("marker"))
    return "eukaryotic" if "bacterial" in others else "bacterial"
