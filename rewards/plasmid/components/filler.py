"""Bases that belong to no part."""

from dataclasses import dataclass

import numpy as np

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN
from rewards.plasmid.features import UNKNOWN_GENE
from rewards.plasmid.reward import PlasmidReward

SHORTEST_GENE = 300
"""Bases from which a gene that the library does not know explains its bases; shorter ones occur by chance."""


def explained_bases(annotation: Annotation) -> int:
    """Number of known bases inside parts: library features, whole or in pieces, and whole long genes.

    Parts with a changed stretch or a broken reading frame do not explain their bases.
    """
    explained = np.zeros(annotation.length, dtype=np.bool_)
    for feature in annotation.features:
        if feature.name == UNKNOWN_GENE and (feature.defect or feature.span < SHORTEST_GENE):
            continue
        if feature.defect and not feature.fragment:
            continue
        explained[np.arange(feature.start, feature.start + feature.span) % annotation.length] = True
    return int((explained & (annotation.codes != UNKNOWN)).sum())


@dataclass(frozen=True)
class Filler(PlasmidReward):
    """Whether enough of the molecule is parts: random or unknown bases between a few parts are filler.

    Formula: min(1, share / `minimum`), where share is `explained_bases` over the length. Range [0, 1]. Unit:
    share of bases. Source: measured. Of 37 public plasmids all but two have a share above 0.5, the smallest
    0.43; random DNA has 0 to 0.05 (`benchmarks/calibration.py`).

    Raises:
        ValueError: If `minimum` is not in (0, 1].
    """

    minimum: float = 0.5

    name = "filler"

    def __post_init__(self) -> None:
        if not 0.0 < self.minimum <= 1.0:
            raise ValueError(f"needs a minimum in (0, 1], got {self.minimum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the bases of one molecule that belong to parts, against the minimum."""
        share = explained_bases(annotation) / max(1, annotation.length)
        return Evaluation(
            min(1.0, share / self.minimum),
            f"{share:.0%} of the bases belong to parts (at least {self.minimum:.0%})",
        )
