"""Sentences of a given length."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample
from rewards.text.tokens import tokens_of


@dataclass(frozen=True)
class SentenceLength(Reward):
    """Different sentences of `length` tokens each.

    Formula: mean over finished sentences of max(0, 1 - slope |tokens - length|), times
    min(1, different sentences / minimum), times the share of sentences that are different. A sentence ends at
    a token that is one of `delimiters`, which is not counted; what comes after the last one is unfinished
    and ignored. Range [0, 1]. Unit: tokens. Source: small-rl's sentence_length_10, which is this with
    `slope=1, minimum=0`: one sentence satisfies it, and so do a hundred copies of one. Its delimiters were
    token numbers of one tokenizer.

    Attributes:
        length: Tokens wanted per sentence.
        slope: Lost per token off; 1 counts only the exact length.
        minimum: Fewest different sentences; 0 for any number, copies included: the mean alone is the score.
        delimiters: Texts of the tokens that end a sentence.
        tokenizer: A `tokenizer.json` or a model's folder; None for words and punctuation marks.

    Raises:
        ValueError: If length is below 1, minimum below 0, the slope not in (0, 1] or there is no delimiter.
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
        """Score a batch by the sentences of the completions."""
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
