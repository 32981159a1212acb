"""Repeated stretches. They make a plasmid recombine with itself, and a policy may write them to cheat."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN
from rewards.plasmid.engine.repeats import repeated_bases
from rewards.plasmid.geometry import positions_of
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Repeats(PlasmidReward):
    """Share of bases outside repeats.

    Formula: 1 - min(1, r / length + `presence` x min(1, r / (2 x minimum))), where r is the number of bases
    inside stretches of `minimum` bases that occur more than once on the circle, on either strand. The two
    terminal repeats (LTR) of a viral vector are repeats by nature and are left out. Range [0, 1]. Unit: share
    of bases. Source: PlasmidRL's repeat penalty, which counts merged regions on a line, so that a homopolymer
    of 5 kb counts once; and the quality control of its successor, in which one repeat of 50 bases fails.

    Raises:
        ValueError: If `minimum` is below 1, or `presence` is not in [0, 1].
    """

    minimum: int = 50
    presence: float = 0.3

    name = "repeats"

    def __post_init__(self) -> None:
        if self.minimum < 1:
            raise ValueError(f"needs a minimum of at least 1, got {self.minimum}")
        if not 0.0 <= self.presence <= 1.0:
            raise ValueError(f"needs a presence in [0, 1], got {self.presence}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the bases of one molecule that are not repeated."""
        repeated = repeated_outside_terminal_repeats(annotation, self.minimum)
        share = repeated / max(1, annotation.length)
        loss = share + self.presence * min(1.0, repeated / (2 * self.minimum))
        return Evaluation(
            max(0.0, 1.0 - loss), f"{repeated} bp ({share:.1%}) in repeats of {self.minimum} bp or more"
        )


def repeated_outside_terminal_repeats(annotation: Annotation, minimum: int) -> int:
    """Bases in stretches of `minimum` bases that occur more than once; a pair of LTRs is left out."""
    terminal = [feature for feature in annotation.of_class("other") if "LTR" in feature.name]
    codes = annotation.codes
    if len(terminal) == 2:
        codes = codes.copy()
        for feature in terminal:
            codes[positions_of(feature, annotation.length)] = UNKNOWN
    return int(repeated_bases(codes, minimum, annotation.circular))
