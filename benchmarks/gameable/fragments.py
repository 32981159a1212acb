"""A reward that can be gamed: every piece of a part counts, whole or not."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Fragments(PlasmidReward):
    """Number of library features, fragments and copies included, up to `enough`.

    Formula: min(1, n / enough). Range [0, 1]. Unit: features. It stands for rewards that count hits of an
    aligner: repeating one part satisfies it.
    """

    enough: int = 40

    name = "fragments"

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of one molecule by its number of features."""
        count = len(annotation.features)
        return Evaluation(min(1.0, count / self.enough), f"{count} features or pieces of them")
