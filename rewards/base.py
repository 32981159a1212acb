"""The interface of rewards: a batch of samples in, one evaluation per sample out, in order."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, overload


@dataclass(frozen=True, slots=True)
class Sample:
    """A completion and its prompt."""

    prompt: str
    completion: str

    @property
    def text(self) -> str:
        """Prompt and completion as one text. A plasmid is both together."""
        return self.prompt + self.completion


class Annotates(Protocol):
    """Annotates the sequences of a batch, for rewards that read annotations."""

    def annotate(self, sequences: Sequence[str], /) -> Sequence[Any]:
        """One annotation per sequence, in order."""
        ...


@dataclass(frozen=True)
class Batch(Sequence[Sample]):
    """Samples that are scored together, and the annotator that they share.

    A reward accepts any sequence of samples; a batch also sets the annotator. A slice of a batch is a batch.

    Attributes:
        samples: The samples.
        annotator: Annotator for rewards that read annotations; None for their default.
    """

    samples: Sequence[Sample]
    annotator: Annotates | None = None

    def __len__(self) -> int:
        return len(self.samples)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "Batch": ...
    def __getitem__(self, index: int | slice) -> "Sample | Batch":
        if isinstance(index, slice):
            return replace(self, samples=self.samples[index])
        return self.samples[index]


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of a sample's text.

    Attributes:
        start: Index of the first character, from 0.
        end: Index after the last character; at or before `start` if the stretch crosses the origin of a
            circular sequence.
        strand: +1 or -1 for DNA, 0 for other text.
        label: What the stretch is.
    """

    start: int
    end: int
    strand: int
    label: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of a reward for one sample.

    Attributes:
        score: In [0, 1]; None if the sample is unscored.
        message: One line that explains the score, or says why there is none.
        spans: The stretches of text that the message refers to.

    Raises:
        ValueError: If the score is NaN or outside [0, 1], or the score is None and the message empty.
    """

    score: float | None
    message: str
    spans: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if self.score is None:
            if not self.message:
                raise ValueError("an unscored evaluation needs a message that says why")
        elif not (math.isfinite(self.score) and 0.0 <= self.score <= 1.0):
            raise ValueError(f"a score must lie in [0, 1] or be None, got {self.score!r} ({self.message})")


class ContractError(TypeError):
    """A reward returned something other than one evaluation per sample."""


class Reward(ABC):
    """Base class of rewards: a small picklable callable that scores a batch.

    Attributes:
        name: Name of the reward in suites, metrics and logs.
    """

    name: str

    def prepare(self) -> None:  # noqa: B027 - most rewards have nothing to prepare
        """Do what must not count against a sample's time limit, such as building a library.

        A suite calls this before each batch, so only the first call may take long.
        """

    @abstractmethod
    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in the order of the samples.

        Args:
            samples: Any number of samples, possibly none; a `Batch` if they share an annotator.

        Raises:
            Exception: If a sample cannot be scored. The suite then scores the samples one by one. Those that
                raise an error again are unscored, with the error as the reason.
        """
