"""The order promoter, gene, terminator on one strand."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.cds import payload_genes
from rewards.plasmid.credit import gene_credit, part_credit
from rewards.plasmid.features import Feature, FeatureClass
from rewards.plasmid.geometry import Stretches, gaps, stretches_of
from rewards.plasmid.reward import PlasmidReward, spans_of


class _Parts(NamedTuple):
    """Features of one class, their stretches (start, span, strand) and their credits."""

    features: list[Feature]
    stretches: Stretches
    credits: NDArray[np.float64]


@dataclass(frozen=True)
class Cassette(PlasmidReward):
    """Score of the best expression cassette: a gene other than a marker, with promoter and terminator.

    Formula: the maximum over genes of g x (p + t) / 2. g is the credit of the gene, p the largest
    credit x (1 - gap / max_gap) of a promoter upstream on the same strand, t the same for a terminator
    downstream. Range [0, 1]. Unit of the gap: bases. Source: PlasmidRL's cassette bonus. There it had no
    effect while the counts were within their limits, because the sum was clipped; here it is a component.

    Raises:
        ValueError: If `max_gap` is below 1.
    """

    max_gap: int = 1000

    name = "cassette"

    def __post_init__(self) -> None:
        if self.max_gap < 1:
            raise ValueError(f"needs a max_gap of at least 1, got {self.max_gap}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of the best cassette of one molecule; the spans are its parts."""
        promoters = self._parts(annotation, "promoter")
        terminators = self._parts(annotation, "terminator")
        best = 0.0
        parts: tuple[Feature, ...] = ()
        for gene in payload_genes(annotation):
            promoter_score, promoter = self._best(promoters, gene, annotation.length, True)
            terminator_score, terminator = self._best(terminators, gene, annotation.length, False)
            score = gene_credit(gene) * (promoter_score + terminator_score) / 2
            if score > best:
                best, parts = score, (*promoter, gene, *terminator)
        if not parts:
            return Evaluation(0.0, "no gene with a promoter before it or a terminator behind it")
        return Evaluation(min(1.0, best), " > ".join(part.name for part in parts), spans_of(parts))

    @staticmethod
    def _parts(annotation: Annotation, feature_class: FeatureClass) -> _Parts:
        features = annotation.of_class(feature_class)
        credits = np.array([part_credit(feature) for feature in features])
        return _Parts(features, stretches_of(features), credits)

    def _best(
        self, parts: _Parts, gene: Feature, length: int, upstream: bool
    ) -> tuple[float, tuple[Feature, ...]]:
        """Score in [0, 1] of the best part upstream or downstream of a gene, and that part, if any."""
        (same_strand,) = np.nonzero(parts.stretches[:, 2] == gene.strand)
        if len(same_strand) == 0:
            return 0.0, ()
        target, others = stretches_of([gene]), parts.stretches[same_strand]
        if upstream:
            gap = gaps(others, target, length)
        else:
            gap = gaps(np.repeat(target, len(others), 0), others, length)
        scores = parts.credits[same_strand] * np.maximum(0.0, 1.0 - gap / self.max_gap)
        best = int(scores.argmax())
        return (float(scores[best]), (parts.features[same_strand[best]],)) if scores[best] > 0 else (0.0, ())
