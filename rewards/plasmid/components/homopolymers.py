"""Homopolymers: long runs of one base."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN
from rewards.plasmid.lab.runs import runs
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Homopolymers(PlasmidReward):
    """Share of bases outside long runs of one base.

    Formula: 1 - (bases in runs of at least `minimum` equal known bases, around the circle) / length.
    Range [0, 1]. Unit: share of bases. Source: DNA synthesis and sequencing fail on runs of about ten bases
    and more.

    Raises:
        ValueError: If `minimum` is below 2.
    """

    minimum: int = 10

    name = "homopolymers"

    def __post_init__(self) -> None:
        if self.minimum < 2:
            raise ValueError(f"needs a minimum of at least 2, got {self.minimum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the bases of one molecule that lie outside runs."""
        starts, lengths = runs(annotation.codes, annotation.circular)
        lengths = lengths[annotation.codes[starts] < UNKNOWN]
        inside = int(lengths[lengths >= self.minimum].sum())
        longest = int(lengths.max(initial=0))
        score = 1.0 - inside / max(1, annotation.length)
        return Evaluation(score, f"{inside} bp in runs of {self.minimum} or more, longest {longest}")
