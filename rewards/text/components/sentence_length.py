"""Reward for sentences of a given length."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample
from rewards.text.tokens import tokens_of


@dataclass(frozen=True)
class SentenceLength(Reward):
    """A completion scores 1 if it has `minimum` or more sentences, all different and of `length` tokens.

    Formula: mean over the finished sentences of max(0, 1 - slope |tokens - length|), times
    min(1, different sentences / minimum), times the share of different sentences; 0 without a finished
    sentence. A sentence ends at a token that is one of `delimiters`, which is not counted. Text after the
    last delimiter is ignored. Range [0, 1]. Source: small-rl's sentence_length_10, which equals this reward
    with `slope=1, minimum=0`. There a single sentence can score 1, and so can a hundred copies of it. Its
    delimiters were token ids of one tokenizer.

    Attributes:
        length: Number of tokens that a sentence should have.
        slope: What each token more or less costs. With 1 only sentences of the exact length count.
        minimum: Minimum number of different sentences for the full score. With 0 the score is the mean alone,
            so copies count in full.
        delimiters: Texts of the tokens that end a sentence.
        tokenizer: Path of a `tokenizer.json` or of a model's folder; None for words and punctuation marks.

    Raises:
        ValueError: If `length` is below 1, `minimum` is below 0, `slope` is not in (0, 1], or there is no
            delimiter.
    """

    length: int = 10
    slope: float = 0.2
    minimum: int = 3
    delimiters: tuple[str, ...] = (".", "?", "!")
    tokenizer: str | None = None

    name = "sentence_length"

    def __post_init__(self) -> None:
        object.__setattr__(self, "delimiters", tuple(self.delimiters))
        if self.length < 1 or self.minimum < 0:
            raise ValueError("sentence_length needs a length of at least 1 and a minimum of at least 0")
        if not 0 < self.slope <= 1:
            raise ValueError(f"sentence_length needs a slope in (0, 1], got {self.slope}")
        if not self.delimiters:
            raise ValueError("sentence_length needs at least one delimiter")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order."""
        return [self._evaluate(sample.completion) for sample in samples]

    def _evaluate(self, completion: str) -> Evaluation:
        sentences: list[tuple[str, ...]] = []
        current: list[str] = []
        for token in tokens_of(completion, self.tokenizer):
            if token.strip() in self.delimiters:
                if current:
                    sentences.append(tuple(current))
                current = []
            else:
                current.append(token.strip().lower())
        if not sentences:
            return Evaluation(0.0, "no finished sentence")
        lengths = [len(sentence) for sentence in sentences]
        fit = sum(max(0.0, 1.0 - self.slope * abs(n - self.length)) for n in lengths) / len(lengths)
        different = len(set(sentences))
        score = fit
        if self.minimum:
            score *= min(1.0, different / self.minimum) * different / len(sentences)
        shown = ", ".join(map(str, lengths[:12]))
        message = f"{len(sentences)} sentences, {different} different, of {shown} tokens"
        return Evaluation(min(1.0, score), message)
