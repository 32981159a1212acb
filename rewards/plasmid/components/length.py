"""Length of the molecule."""

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class Length(PlasmidReward):
    """Length of the molecule against limits and an ideal band.

    Formula, with e = 1 - bonus and p = 2 under `punish_mode`, else 1::

        e (L / min)**p              below min
        e + bonus (L - min) / (ideal_min - min)   from min to ideal_min
        1                           inside the ideal band
        e + bonus (max - L) / (max - ideal_max)   from ideal_max to max
        e (max / L)**p              above max

    L counts known bases below the band, all bases above it. Range [0, 1]; with a bonus above 0 only the ideal
    band scores 1. Unit: bases. Source: PlasmidRL's length reward, made continuous.

    Raises:
        ValueError: If not 0 < minimum <= ideal_minimum <= ideal_maximum <= maximum, or `bonus` is outside
            [0, 1].
    """

    minimum: int = 1000
    maximum: int = 30_000
    ideal_minimum: int = 2000
    ideal_maximum: int = 12_000
    bonus: float = 0.3
    punish_mode: bool = False

    name = "length"

    def __post_init__(self) -> None:
        if not 0 < self.minimum <= self.ideal_minimum <= self.ideal_maximum <= self.maximum:
            raise ValueError(
                f"needs 0 < minimum ({self.minimum}) <= ideal_minimum ({self.ideal_minimum})"
                f" <= ideal_maximum ({self.ideal_maximum}) <= maximum ({self.maximum})"
            )
        if not 0.0 <= self.bonus <= 1.0:
            raise ValueError(f"needs a bonus in [0, 1], got {self.bonus}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of the length of one molecule; unknown bases do not make it long enough."""
        known = int((annotation.codes != UNKNOWN).sum())
        score = min(self.score(known), self.score(annotation.length))
        unknown = f", {annotation.length - known} of them unknown" if known < annotation.length else ""
        return Evaluation(score, f"{annotation.length} bp{unknown}, {self._place(known)}")

    def score(self, length: int) -> float:
        """Score in [0, 1] of a length in bases."""
        edge, power = 1.0 - self.bonus, 2 if self.punish_mode else 1
        if length < self.minimum:
            return edge * float(length / self.minimum) ** power
        if length > self.maximum:
            return edge * float(self.maximum / length) ** power
        if length < self.ideal_minimum:
            return edge + self.bonus * (length - self.minimum) / (self.ideal_minimum - self.minimum)
        if length > self.ideal_maximum:
            return edge + self.bonus * (self.maximum - length) / (self.maximum - self.ideal_maximum)
        return 1.0

    def _place(self, length: int) -> str:
        if length < self.minimum:
            return f"below the limit of {self.minimum}"
        if length > self.maximum:
            return f"above the limit of {self.maximum}"
        if self.ideal_minimum <= length <= self.ideal_maximum:
            return f"in the ideal band {self.ideal_minimum}-{self.ideal_maximum}"
        return f"outside the ideal band {self.ideal_minimum}-{self.ideal_maximum}"
