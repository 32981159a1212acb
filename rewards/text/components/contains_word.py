"""Whether a completion uses a word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample, Span


@dataclass(frozen=True)
class ContainsWord(Reward):
    """A word, used at least `minimum` and at most `maximum` times.

    Formula: min(1, n / minimum) x min(1, (maximum + 1) / (n + 1)) for n uses in the completion, upper and
    lower case alike; the second factor is 1 without a maximum. Range [0, 1]. Unit: uses. Source: small-rl's
    happy_binary, which is this with `maximum=None, inside=True`: "unhappy" satisfies it, and fifty
    repetitions do no harm.

    Attributes:
        word: What to look for.
        minimum: Fewest uses.
        maximum: Most uses; None for any number.
        inside: Count the word inside other words as well.

    Raises:
        ValueError: If the word is empty or the limits are not 1 <= minimum <= maximum.
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
        """Score a batch by the uses of the word in the completions."""
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
