"""Repeated stretches. They make a plasmid recombine with itself, and a policy may write them to cheat."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.repeats import repeated_bases
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Repeats(PlasmidReward):
    """Share of bases outside repeats.

    Formula: 1 - (bases inside stretches of `minimum` bases that occur more than once on the circle, on either
    strand) / length. Range [0, 1]. Unit: share of bases. Source: PlasmidRL's repeat penalty. That one counts
    merged regions on a line, so that a homopolymer of 5 kb counts once; the share of bases on the circle
    measures how much is repeated.

    Raises:
        ValueError: If `minimum` is below 1.
    """

    minimum: int = 50

    name = "repeats"

    def __post_init__(self) -> None:
        if self.minimum < 1:
            raise ValueError(f"needs a minimum of at least 1, got {self.minimum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the bases of one molecule that are not repeated."""
        repeated = int(repeated_bases(annotation.codes, self.minimum, annotation.circular))
        share = repeated / max(1, annotation.length)
        return Evaluation(1.0 - share, f"{repeated} bp ({share:.1%}) in repeats of {self.minimum} bp or more")
