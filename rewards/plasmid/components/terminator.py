"""Terminators and poly(A) signals."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.features import Feature


@dataclass(frozen=True)
class Terminator(FeatureCount):
    """Number of terminators and poly(A) signals, each weighted with coverage x identity credit.

    Formula: `counting.count_score`. Range [0, 1]. Unit: features. Source: the count limits of PlasmidRL's
    reward; here the score falls gradually on both sides.
    """

    maximum: int = 3

    name = "terminator"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """All terminators and poly(A) signals."""
        return annotation.of_class("terminator")
