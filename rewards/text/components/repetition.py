"""Repeated phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample
from rewards.text.tokens import tokens_of


@dataclass(frozen=True)
class Repetition(Reward):
    """Different phrases among all phrases, the prompt's included.

    Formula: different n-grams of tokens that are not in the prompt / all n-grams, for n = `size`, in the
    completion; 0 for a completion of fewer tokens than that. Range [0, 1]. Unit: share of n-grams. A copy of
    the prompt scores 0. Source: distinct-n (Li et al. 2016, NAACL), with the prompt's n-grams counted as
    used.

    Raises:
        ValueError: If the size is below 1.
    """

    size: int = 4

    name = "repetition"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"repetition needs a size of at least 1, got {self.size}")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """Score a batch by the phrases of the completions."""
        return [self._evaluate(sample) for sample in samples]

    def _grams(self, text: str) -> list[tuple[str, ...]]:
        tokens = [token.lower() for token in tokens_of(text)]
        return [tuple(tokens[i : i + self.size]) for i in range(len(tokens) - self.size + 1)]

    def _evaluate(self, sample: Sample) -> Evaluation:
        phrases = self._grams(sample.completion)
        if not phrases:
            return Evaluation(0.0, f"fewer than {self.size} words")
        new = len(set(phrases) - set(self._grams(sample.prompt)))
        return Evaluation(new / len(phrases), f"{new} of {len(phrases)} phrases of {self.size} words are new")
