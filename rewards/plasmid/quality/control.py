"""The quality control of the plasmid task."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from rewards.base import Sample
from rewards.plasmid.annotator import Annotation, default_annotator
from rewards.plasmid.components.filler import explained
from rewards.plasmid.engine.bases import encode
from rewards.plasmid.quality.kmers import NO_KMER, Kmers, circular_kmers
from rewards.plasmid.quality.known import NOVELTY_K, KnownMolecules
from rewards.plasmid.quality.same import clusters
from rewards.plasmid.quality_control import QualityControl, quality_control
from rewards.quality import Originality, Quality, Verdict


class PlasmidQuality(Quality):
    """Quality control of circular molecules: prompt and completion together.

    Types are the families of the whole bacterial origins and markers. Two molecules are the same at 95 %
    identity, in any rotation and on either strand. Pieces are canonical 31-mers.

    Args:
        known: Sequences of the training corpus.
    """

    kinds = ("origin", "marker")

    def __init__(self, known: Sequence[str]) -> None:
        self._sequences = known

    @cached_property
    def _known(self) -> KnownMolecules:
        return KnownMolecules(self._sequences)

    def verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        """One verdict per sample; an empty completion does not pass, whatever its prompt contains."""
        annotations = default_annotator().annotate([sample.text for sample in samples])
        return [
            _verdict(sample, quality_control(annotation))
            for sample, annotation in zip(samples, annotations, strict=True)
        ]

    def clusters(self, samples: Sequence[Sample]) -> list[int]:
        """One number per sample; equal for molecules of 95 % identity."""
        return clusters([encode(sample.text) for sample in samples])

    def originality(self, samples: Sequence[Sample]) -> list[Originality | None]:
        """One result per sample; None for an empty completion and for fewer than 31 bases."""
        return [
            self._known.originality(encode(sample.text)) if sample.completion else None for sample in samples
        ]

    def pieces(self, samples: Sequence[Sample]) -> list[Kmers]:
        """The distinct canonical 31-mers of each molecule that lie inside parts: filler has no pieces."""
        return [_pieces(annotation) for annotation in default_annotator().annotate([s.text for s in samples])]


def _pieces(annotation: Annotation) -> Kmers:
    inside = explained(annotation)
    kmers = circular_kmers(annotation.codes, NOVELTY_K)
    # From its first to its last base inside a part: a part is longer than a k-mer.
    found: Kmers = np.unique(kmers[inside & np.roll(inside, 1 - NOVELTY_K) & (kmers != NO_KMER)])
    return found


def _verdict(sample: Sample, found: QualityControl) -> Verdict:
    if not sample.completion:
        return Verdict(False, False, {"origin": (), "marker": ()}, "empty completion")
    types = {"origin": found.origins, "marker": found.markers}
    return Verdict(found.passed, found.published, types, found.reason)
