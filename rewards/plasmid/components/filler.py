"""Bases that belong to no part."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN
from rewards.plasmid.features import UNKNOWN_GENE
from rewards.plasmid.geometry import positions_of
from rewards.plasmid.reward import PlasmidReward

SHORTEST_GENE = 450
"""Bases from which a gene that the library does not know explains its bases; shorter ones occur by chance."""


def explained(annotation: Annotation) -> NDArray[np.bool_]:
    """[length] whether each base is known and inside a part.

    A part is a library feature, whole or in pieces, or a whole long gene. Parts with a changed stretch or a
    broken reading frame do not explain their bases.
    """
    inside = np.zeros(annotation.length, dtype=np.bool_)
    for feature in annotation.features:
        if feature.name == UNKNOWN_GENE and (feature.defect or feature.span < SHORTEST_GENE):
            continue
        if feature.defect and not feature.fragment:
            continue
        inside[positions_of(feature, annotation.length)] = True
    inside &= annotation.codes != UNKNOWN
    return inside


@dataclass(frozen=True)
class Filler(PlasmidReward):
    """Whether enough of the molecule is parts: random or unknown bases between a few parts are filler.

    Formula: known x clip((share - `none`) / (`minimum` - `none`), 0, 1). Share is that of
    the `explained` bases, and known is the share of known bases. Range [0, 1]. Unit: share of bases. Source:
    measured. Of 37 public plasmids all but one have a share above `minimum`, that one has 0.43; random DNA
    has 0 to 0.05. Less filler than that cannot be told from the unknown DNA of real plasmids.

    Raises:
        ValueError: If not 0 <= `none` < `minimum` <= 1.
    """

    minimum: float = 0.45
    none: float = 0.15

    name = "filler"

    def __post_init__(self) -> None:
        if not 0.0 <= self.none < self.minimum <= 1.0:
            raise ValueError(f"needs 0 <= none < minimum <= 1, got {self.none} and {self.minimum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the bases of one molecule that belong to parts, against the minimum."""
        length = max(1, annotation.length)
        share = int(explained(annotation).sum()) / length
        known = int((annotation.codes != UNKNOWN).sum()) / length
        message = f"{share:.0%} of the bases belong to parts (at least {self.minimum:.0%})"
        message += f", {1 - known:.0%} are unknown" if known < 1 else ""
        score = known * min(1.0, max(0.0, (share - self.none) / (self.minimum - self.none)))
        return Evaluation(score, message)
