"""The contract every reward keeps: a batch of samples in, one evaluation per sample out, in order."""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, overload


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion together with the prompt it continues."""

    prompt: str
    completion: str

    @property
    def text(self) -> str:
        """Prompt and completion as one text: a plasmid is the whole molecule."""
        return self.prompt + self.completion


class Annotates(Protocol):
    """What annotates the sequences of a batch, for rewards that read annotations."""

    def annotate(self, sequences: Sequence[str], /) -> Sequence[Any]:
        """One annotation per sequence, in order."""
        ...


@dataclass(frozen=True)
class Batch(Sequence[Sample]):
    """Samples that are scored together, and what they share.

    A reward can be called with any sequence of samples. A batch says in addition how its samples are to be
    annotated; a slice of a batch is a batch.

    Attributes:
        samples: The samples.
        annotator: Used by rewards that read annotations, in place of their default.
    """

    samples: Sequence[Sample]
    annotator: Annotates | None = None

    def __len__(self) -> int:
        return len(self.samples)

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> "Batch": ...
    def __getitem__(self, place: int | slice) -> "Sample | Batch":
        if isinstance(place, slice):
            return replace(self, samples=self.samples[place])
        return self.samples[place]


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of the sample's text: 0-based, end-exclusive, modulo its length.

    `strand` is +1 or -1 on DNA and 0 where strands mean nothing.
    """

    start: int
    end: int
    strand: int
    label: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a reward says of one sample.

    Attributes:
        score: In [0, 1], or None where the sample could not be scored.
        message: One line; where the score is None it says why.
        spans: The stretches of text that the message speaks of.

    Raises:
        ValueError: If the score is NaN or outside [0, 1], or if an unscored sample gives no reason.
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
    """A reward gave something else than one evaluation per sample."""


class Reward(ABC):
    """A small picklable callable that scores a batch. `name` is what the suite and the logs call it."""

    name: str

    def prepare(self) -> None:  # noqa: B027 - most rewards have nothing to prepare
        """Do once what must not count against a sample's time limit: build a library, compile kernels."""

    @abstractmethod
    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """Score a batch.

        Args:
            samples: Any number of samples, none included; a `Batch` where they share an annotator.

        Returns:
            One evaluation per sample, in the order of the samples.

        Raises:
            Exception: Whatever goes wrong with a sample. The batch is then scored sample by sample, and those
                that raise are unscored, with the error as the reason.
        """
