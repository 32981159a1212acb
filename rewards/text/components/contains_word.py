"""Reward for completions that contain a word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample, Span


@dataclass(frozen=True)
class ContainsWord(Reward):
    """A completion scores 1 if it contains the word at least `minimum` and at most `maximum` times.

    Formula: min(1, n / minimum) x min(1, (maximum + 1) / (n + 1)) for n occurrences in the completion, in
    upper or lower case; the second factor is 1 if `maximum` is None. Range [0, 1]. Source: small-rl's
    happy_binary, which equals this reward with `maximum=None, inside=True`. "unhappy" counts there, and fifty
    occurrences score as high as one.

    Attributes:
        word: The word.
        minimum: Minimum number of occurrences for the full score.
        maximum: Maximum number of occurrences for the full score; None for no maximum.
        inside: Whether the word also counts inside other words.

    Raises:
        ValueError: If the word is empty, or not 1 <= minimum <= maximum.
    """

    word: str
    minimum: int = 1
    maximum: int | None = 3
    inside: bool = False

    name = "contains_word"

    def __post_init__(self) -> None:
        if not self.word.strip():
            raise ValueError("contains_word needs a word")
        if not 1 <= self.minimum <= (self.minimum if self.maximum is None else self.maximum):
            raise ValueError(
                f"contains_word needs 1 <= minimum <= maximum, got {self.minimum} and {self.maximum}"
            )

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order."""
        word = re.escape(self.word.strip())
        pattern = re.compile(word if self.inside else rf"(?<!\w){word}(?!\w)", re.IGNORECASE)
        return [self._evaluate(sample, pattern) for sample in samples]

    def _evaluate(self, sample: Sample, pattern: re.Pattern[str]) -> Evaluation:
        offset = len(sample.prompt)
        spans = tuple(
            Span(offset + match.start(), offset + match.end(), 0, self.word)
            for match in pattern.finditer(sample.completion)
        )
        uses = len(spans)
        score = min(1.0, uses / self.minimum)
        if self.maximum is not None:
            score *= min(1.0, (self.maximum + 1) / (uses + 1))
        wanted = f"{self.minimum} or more" if self.maximum is None else f"{self.minimum}-{self.maximum}"
        return Evaluation(score, f"{self.word!r} used {uses} times (wanted {wanted})", spans)
