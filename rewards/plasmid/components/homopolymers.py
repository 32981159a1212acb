"""Homopolymers: long runs of one base."""

from dataclasses import dataclass

import numpy as np

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
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
        runs = self._runs(annotation)
        inside = int(runs[runs >= self.minimum].sum())
        longest = int(runs.max(initial=0))
        score = 1.0 - inside / max(1, annotation.length)
        return Evaluation(score, f"{inside} bp in runs of {self.minimum} or more, longest {longest}")

    @staticmethod
    def _runs(annotation: Annotation) -> np.ndarray:
        """Lengths of all runs of known bases; shape [runs]."""
        codes = annotation.codes
        if len(codes) == 0:
            return np.empty(0, dtype=np.int64)
        starts = (
            np.flatnonzero(codes != np.roll(codes, 1))
            if annotation.circular
            else np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
        )
        if len(starts) == 0:  # one base all the way round
            return np.array([len(codes)] if codes[0] < 4 else [], dtype=np.int64)
        lengths = np.diff(np.append(starts, starts[0] + len(codes)))
        return lengths[codes[starts] < 4]
