"""Origins of replication."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.families import family_of
from rewards.plasmid.features import Feature


def is_bacterial_ori(feature: Feature) -> bool:
    """Whether a feature is an origin that replicates in bacteria without help."""
    return feature.feature_class == "ori" and family_of(feature.name, "ori").host == "bacterial"


@dataclass(frozen=True)
class Ori(FeatureCount):
    """Number of bacterial origins of replication, each weighted with its credit (`credit.part_credit`).

    Phage (f1), yeast and viral origins neither count towards the minimum nor towards the maximum. Formula:
    `counting.count_score`. Range [0, 1]. Unit: features. Source: the count limits of PlasmidRL's reward; here
    the score falls gradually on both sides. Two bacterial origins compete for one host's machinery, and
    quality control asks for exactly one.
    """

    maximum: int = 1

    name = "ori"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """The bacterial origins of replication."""
        return [feature for feature in annotation.of_class("ori") if is_bacterial_ori(feature)]

    def others(self, annotation: Annotation) -> Sequence[str]:
        """Origins of other hosts."""
        return [
            f"{feature.name} ({family_of(feature.name, 'ori').host} origin)"
            for feature in annotation.of_class("ori")
            if not is_bacterial_ori(feature)
        ]
