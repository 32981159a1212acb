"""The score of a count between limits, graded on both sides."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.credit import sequence_credit
from rewards.plasmid.features import Feature
from rewards.plasmid.reward import PlasmidReward, spans_of


def count_score(distinct: float, total: float, minimum: int, maximum: int, punish_mode: bool) -> float:
    """Score of a count, in [0, 1].

    With p = 2 under `punish_mode` and 1 without::

        min(1, distinct / minimum)**p  x  min(1, (maximum + 1) / (total + 1))**p

    Args:
        distinct: Credits of different features (of copies of one feature, the best copy). Pays for the
            minimum.
        total: Credits of all features, copies included. Counts against the maximum.
        minimum: Fewest features wanted; 0 asks for none.
        maximum: Most features wanted.
        punish_mode: Square both parts.
    """
    power = 2 if punish_mode else 1
    under = min(1.0, distinct / minimum) if minimum > 0 else 1.0
    over = min(1.0, (maximum + 1.0) / (total + 1.0))
    return float((under * over) ** power)


@dataclass(frozen=True)
class FeatureCount(PlasmidReward):
    """A count of features of one kind, each with its credit, held between two limits.

    Formula: `count_score` of the credits. Range [0, 1]. Unit of the limits: features.
    A second copy of a feature never pays for the minimum, and always counts against the maximum.
    """

    minimum: int = 1
    maximum: int = 5
    punish_mode: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            raise ValueError(f"needs 0 <= minimum <= maximum, got {self.minimum} and {self.maximum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score one molecule; the message gives the count, the limits and the parts."""
        features = self.features(annotation)
        credits = [self.credit(feature) for feature in features]
        best: dict[Hashable, float] = {}
        for feature, credit in zip(features, credits, strict=True):
            key = self.key(feature, annotation)
            best[key] = max(credit, best.get(key, 0.0))
        distinct, total = sum(best.values()), sum(credits)
        score = count_score(distinct, total, self.minimum, self.maximum, self.punish_mode)
        parts = ", ".join(
            f"{feature.name} {credit:.2f}" for feature, credit in zip(features[:6], credits, strict=False)
        )
        more = f" and {len(features) - 6} more" if len(features) > 6 else ""
        message = f"{len(features)} found, worth {total:.2f} (limits {self.minimum}-{self.maximum})"
        return Evaluation(score, f"{message}: {parts}{more}" if parts else message, spans_of(features))

    @abstractmethod
    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """The features that are counted."""

    def credit(self, feature: Feature) -> float:
        """What one feature is worth, in [0, 1]."""
        return sequence_credit(feature)

    def key(self, feature: Feature, annotation: Annotation) -> Hashable:
        """What makes two features copies of each other."""
        return feature.name
