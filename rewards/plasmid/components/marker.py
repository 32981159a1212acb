"""Selection markers."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.credit import marker_credit
from rewards.plasmid.features import Feature
from rewards.plasmid.selection import is_bacterial_marker, marker_use


@dataclass(frozen=True)
class Marker(FeatureCount):
    """Number of markers that select bacteria, each weighted with its credit (`credit.marker_credit`).

    Markers that select yeast or mammalian cells neither count towards the minimum nor towards the maximum;
    `selection.marker_use` says which is which. Formula: `counting.count_score`. Range [0, 1]. Unit: features.
    Source: PlasmidRL's marker component; here its limits apply.
    """

    maximum: int = 2

    name = "marker"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """The markers that select bacteria."""
        return [
            feature for feature in annotation.of_class("marker") if is_bacterial_marker(feature, annotation)
        ]

    def others(self, annotation: Annotation) -> Sequence[str]:
        """Markers that select other cells."""
        return [
            f"{feature.name} ({marker_use(feature, annotation)} selection)"
            for feature in annotation.of_class("marker")
            if not is_bacterial_marker(feature, annotation)
        ]

    def credit(self, feature: Feature) -> float:
        """Coverage x identity credit; little if the reading frame is broken."""
        return marker_credit(feature)
