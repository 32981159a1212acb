"""Reward for completions that do not repeat phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample
from rewards.text.tokens import tokens_of


@dataclass(frozen=True)
class Repetition(Reward):
    """The share of new phrases in a completion, neither repeated nor copied from the prompt.

    Formula: number of different n-grams of tokens that are not in the prompt / number of all n-grams, both in
    the completion, for n = `size`; 0 for a completion of fewer than `size` tokens. Range [0, 1]. A copy of
    the prompt scores 0. Source: distinct-n (Li et al. 2016, NAACL), which does not look at the prompt.

    Attributes:
        size: Number of tokens of a phrase.

    Raises:
        ValueError: If `size` is below 1.
    """

    size: int = 4

    name = "repetition"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"repetition needs a size of at least 1, got {self.size}")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order."""
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
