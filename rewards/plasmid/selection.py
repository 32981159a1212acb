"""What a selection marker selects: bacteria, or yeast and mammalian cells."""

from typing import Literal

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.families import family_of
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import gaps, stretches_of

Use = Literal["bacterial", "eukaryotic", "unknown"]

PROMOTER_REACH = 500
"""Bases upstream of a marker in which the nearest promoter decides which cells it selects."""


def is_bacterial_marker(feature: Feature, annotation: Annotation) -> bool:
    """Whether a feature is a marker that selects bacteria."""
    return feature.feature_class == "marker" and marker_use(feature, annotation) == "bacterial"


def marker_use(marker: Feature, annotation: Annotation) -> Use:
    """Which cells a marker selects.

    A marker that works in bacteria and in other cells (`dual`: neomycin/kanamycin, zeocin, hygromycin,
    blasticidin) selects those that its nearest promoter works in. Without a promoter it counts as bacterial,
    unless the molecule has a marker that works in bacteria only.
    """
    host = family_of(marker.name, "marker").host
    if host == "bacterial" or host == "eukaryotic":
        return host
    if host != "dual":
        return "unknown"
    promoters = [p for p in annotation.of_class("promoter") if p.strand == marker.strand and not p.defect]
    if promoters:
        distances = gaps(stretches_of(promoters), stretches_of([marker]), annotation.length)
        near = [
            (int(distance), family_of(promoter.name, "promoter").host)
            for distance, promoter in zip(distances, promoters, strict=True)
            if distance <= PROMOTER_REACH
        ]
        if any(host == "bacterial" for _, host in near):
            return "bacterial"  # a bacterial promoter behind a eukaryotic one makes the marker serve in both
        if near:
            return "eukaryotic"
    others = (family_of(other.name, "marker").host for other in annotation.of_class("marker"))
    return "eukaryotic" if "bacterial" in others else "bacterial"
