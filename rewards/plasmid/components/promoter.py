"""Promoters."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.features import Feature


@dataclass(frozen=True)
class Promoter(FeatureCount):
    """Number of promoters, each weighted with coverage x identity credit.

    Formula: `counting.count_score`. Range [0, 1]. Unit: features. Source: the count limits of PlasmidRL's
    reward; here the score falls gradually on both sides.
    """

    name = "promoter"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """All promoters."""
        return annotation.of_class("promoter")
