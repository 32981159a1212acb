"""Repeated stretches: what makes a plasmid recombine with itself, and what a policy writes when it cheats."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.repeats import repeated_bases
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Repeats(PlasmidReward):
    """Bases outside repeats.

    Formula: 1 - (bases inside any stretch of `minimum` bases that occurs again on the circle, on either
    strand) / length. Range [0, 1]. Unit: share of bases. Source: PlasmidRL's repeat penalty, which counts
    merged regions (a homopolymer of 5 kb is one) on a line; a share of bases on the circle says how much is
    repeated.
    """

    minimum: int = 50

    name = "repeats"

    def __post_init__(self) -> None:
        if self.minimum < 1:
            raise ValueError(f"needs a minimum of at least 1, got {self.minimum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score one molecule by the share of its bases that is not repeated."""
        repeated = int(repeated_bases(annotation.codes, self.minimum, annotation.circular))
        share = repeated / max(1, annotation.length)
        return Evaluation(1.0 - share, f"{repeated} bp ({share:.1%}) in repeats of {self.minimum} bp or more")
