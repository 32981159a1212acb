"""Characters that are not DNA."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample

ALLOWED = frozenset("ACGTNacgtn")


@dataclass(frozen=True)
class Letters(Reward):
    """Whether the completion consists of DNA letters.

    Formula: max(0, 1 - invalid share / `tolerance`). Every character of the completion other than A, C, G, T
    and N (either case) is invalid, white space included. Range [0, 1]. Unit: share of characters.

    Raises:
        ValueError: If `tolerance` is not in (0, 1].
    """

    tolerance: float = 0.1

    name = "letters"

    def __post_init__(self) -> None:
        if not 0.0 < self.tolerance <= 1.0:
            raise ValueError(f"needs a tolerance in (0, 1], got {self.tolerance}")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, of the characters of its completion."""
        return [self._evaluate(sample.completion) for sample in samples]

    def _evaluate(self, completion: str) -> Evaluation:
        if not completion:
            return Evaluation(0.0, "empty completion")
        invalid = sum(count for letter, count in _counts(completion).items() if letter not in ALLOWED)
        score = max(0.0, 1.0 - invalid / len(completion) / self.tolerance)
        return Evaluation(score, f"{invalid} of {len(completion)} characters are not DNA")


def _counts(text: str) -> dict[str, int]:
    return {letter: text.count(letter) for letter in set(text)}
