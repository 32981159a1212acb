"""What all plasmid rewards share: the molecule is prompt and completion, annotated once per batch."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rewards.base import Batch, Evaluation, Reward, Sample, Span
from rewards.plasmid.annotator import Annotation, default_annotator
from rewards.plasmid.features import Feature


@dataclass(frozen=True)
class PlasmidReward(Reward):
    """A reward that reads the annotation of the whole molecule.

    An empty completion scores 0 whatever the prompt holds: nothing was written.
    """

    def prepare(self) -> None:
        """Build the library and compile the kernels, which takes seconds on a machine's first use."""
        _warm_up()

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """Score a batch; the annotator's cache makes this one annotation pass for all plasmid rewards."""
        shared = samples.annotator if isinstance(samples, Batch) else None
        annotations = (shared or default_annotator()).annotate([sample.text for sample in samples])
        return [
            self.evaluate(annotation) if sample.completion else Evaluation(0.0, "empty completion")
            for sample, annotation in zip(samples, annotations, strict=True)
        ]

    @abstractmethod
    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score one annotated molecule."""


@cache
def _warm_up() -> None:
    default_annotator().annotate(["ACGTTGCA" * 64])


def spans_of(features: Sequence[Feature]) -> tuple[Span, ...]:
    """The features as labelled spans."""
    return tuple(Span(feature.start, feature.end, feature.strand, feature.name) for feature in features)
