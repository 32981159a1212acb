"""Base class of the plasmid rewards. The molecule is prompt plus completion, annotated once per batch."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rewards.base import Batch, Evaluation, Reward, Sample, Span
from rewards.plasmid.annotator import Annotation, default_annotator
from rewards.plasmid.features import Feature


@dataclass(frozen=True)
class PlasmidReward(Reward):
    """A reward that scores the annotation of the whole molecule, prompt plus completion.

    An empty completion scores 0, whatever the prompt contains.
    """

    def prepare(self) -> None:
        """Build the library and compile the kernels; takes seconds the first time on a machine."""
        _warm_up()

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample; all plasmid rewards share one annotation pass through the cache."""
        shared = samples.annotator if isinstance(samples, Batch) else None
        annotations = (shared or default_annotator()).annotate([sample.text for sample in samples])
        return [
            self.evaluate(annotation) if sample.completion else Evaluation(0.0, "empty completion")
            for sample, annotation in zip(samples, annotations, strict=True)
        ]

    @abstractmethod
    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of one annotated molecule, with a one-line message."""


@cache
def _warm_up() -> None:
    default_annotator().annotate(["ACGTTGCA" * 64])


def spans_of(features: Sequence[Feature]) -> tuple[Span, ...]:
    """One span per feature, labelled with its name."""
    return tuple(Span(feature.start, feature.end, feature.strand, feature.name) for feature in features)
