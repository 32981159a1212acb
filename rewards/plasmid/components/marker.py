"""Selection markers."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.credit import frame_credit, sequence_credit
from rewards.plasmid.features import Feature


@dataclass(frozen=True)
class Marker(FeatureCount):
    """Number of selection markers, each weighted with coverage x identity x reading frame credit.

    Formula: `counting.count_score`; a gene with a broken reading frame gets at most 0.7
    (`credit.frame_credit`). Range [0, 1]. Unit: features. Source: PlasmidRL's marker component; here its
    limits apply.
    """

    maximum: int = 2

    name = "marker"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """All selection markers."""
        return annotation.of_class("marker")

    def credit(self, feature: Feature) -> float:
        """Coverage x identity credit, reduced if the reading frame is broken."""
        return sequence_credit(feature) * frame_credit(feature)
