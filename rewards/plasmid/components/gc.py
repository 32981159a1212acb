"""GC content."""

from dataclasses import dataclass

import numpy as np

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Gc(PlasmidReward):
    """GC content against a band.

    Formula: 1 inside [minimum, maximum]; outside it falls linearly to 0 at 0 % and at 100 % GC. 0 if there is
    no known base. Range [0, 1]. Unit: share of the known bases. Source: the GC check of plasmid
    synthesis, where 35 to 65 % is usual.

    Raises:
        ValueError: If not 0 <= minimum <= maximum <= 1.
    """

    minimum: float = 0.35
    maximum: float = 0.65

    name = "gc"

    def __post_init__(self) -> None:
        if not 0.0 <= self.minimum <= self.maximum <= 1.0:
            raise ValueError(f"needs 0 <= minimum <= maximum <= 1, got {self.minimum} and {self.maximum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of the GC content of one molecule."""
        counts = np.bincount(annotation.codes, minlength=5)
        known = int(counts[:4].sum())
        if known == 0:
            return Evaluation(0.0, "no known base")
        share = float(counts[1] + counts[2]) / known
        if share < self.minimum:
            score = share / self.minimum
        elif share > self.maximum:
            score = (1.0 - share) / (1.0 - self.maximum)
        else:
            score = 1.0
        return Evaluation(score, f"{share:.1%} GC (band {self.minimum:.0%}-{self.maximum:.0%})")
