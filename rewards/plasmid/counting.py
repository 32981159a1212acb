"""Scores the number of features of one kind against a minimum and a maximum."""

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.credit import part_credit
from rewards.plasmid.features import Feature
from rewards.plasmid.reward import PlasmidReward, spans_of

SURPLUS_CREDIT = 0.5
"""Credit from which a broken feature counts towards the maximum; a smaller one is a remnant."""


def count_score(distinct: float, total: float, minimum: int, maximum: int, punish_mode: bool) -> float:
    """Score of a number of features against its limits, in [0, 1].

    With p = 2 under `punish_mode` and 1 without::

        min(1, distinct / minimum)**p  x  min(1, (maximum + 1) / (total + 1))**p

    Args:
        distinct: Sum of the credits of distinct features (of several copies, the best one). Compared with
            `minimum`.
        total: Sum of the credits of all features, copies included. Compared with `maximum`.
        minimum: Fewest features for the full score; at 0 none is needed.
        maximum: Most features for the full score.
        punish_mode: Whether both factors are squared.
    """
    power = 2 if punish_mode else 1
    minimum_factor = min(1.0, distinct / minimum) if minimum > 0 else 1.0
    maximum_factor = min(1.0, (maximum + 1.0) / (total + 1.0))
    return float((minimum_factor * maximum_factor) ** power)


@dataclass(frozen=True)
class FeatureCount(PlasmidReward):
    """Number of features of one kind, each weighted with its credit, against two limits.

    Formula: `count_score` of the credits. Range [0, 1]. Unit of the limits: features.
    A second copy of a feature does not count towards the minimum, but does count towards the maximum.
    Of all broken features and fragments only the best one counts towards the minimum: pieces do not add up.

    Raises:
        ValueError: If not 0 <= minimum <= maximum.
    """

    minimum: int = 1
    maximum: int = 5
    punish_mode: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.minimum <= self.maximum:
            raise ValueError(f"needs 0 <= minimum <= maximum, got {self.minimum} and {self.maximum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of one molecule; the message gives the count, the limits and each feature's credit."""
        features = self.features(annotation)
        credits = [self.credit(feature) for feature in features]
        whole: dict[Hashable, float] = {}
        best_broken, total = 0.0, 0.0
        for feature, credit in zip(features, credits, strict=True):
            if feature.defect:
                best_broken = max(best_broken, credit)
            else:
                key = self.key(feature, annotation)
                whole[key] = max(credit, whole.get(key, 0.0))
            if not feature.defect or credit >= SURPLUS_CREDIT:
                total += credit
        distinct = sum(whole.values()) + best_broken
        score = count_score(distinct, total, self.minimum, self.maximum, self.punish_mode)
        parts = ", ".join(
            f"{feature.name} {credit:.2f}{f' ({feature.defect})' if feature.defect else ''}"
            for feature, credit in zip(features[:6], credits, strict=False)
        )
        more = f" and {len(features) - 6} more" if len(features) > 6 else ""
        message = f"{len(features)} found, worth {total:.2f} (limits {self.minimum}-{self.maximum})"
        message = f"{message}: {parts}{more}" if parts else message
        others = ", ".join(self.others(annotation))
        message = f"{message}; not counted: {others}" if others else message
        return Evaluation(score, message, spans_of(features))

    @abstractmethod
    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """The features to count."""

    def others(self, annotation: Annotation) -> Sequence[str]:
        """Features of the class that are not counted, each as its name and its kind."""
        return ()

    def credit(self, feature: Feature) -> float:
        """Credit of one feature, in [0, 1]."""
        return part_credit(feature)

    def key(self, feature: Feature, annotation: Annotation) -> Hashable:
        """A value that is equal for two features if they are copies of each other."""
        return feature.name
