"""Order on the molecule: promoter, gene, terminator on one strand."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.cds import payload_genes
from rewards.plasmid.credit import gene_credit, sequence_credit
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import stretches_of
from rewards.plasmid.reward import PlasmidReward, spans_of

Stretches = NDArray[np.int64]


class _Parts(NamedTuple):
    """Features of one class, as stretches, with their credits."""

    features: list[Feature]
    stretches: Stretches
    credits: NDArray[np.float64]


def gaps(upstream: Stretches, downstream: Stretches, length: int) -> Stretches:
    """Bases from the ends of features to the starts of others in reading direction, around the circle.

    0 where they overlap but begin in the right order; the way round the circle where they do not.

    Args:
        upstream: Rows of start, bases, strand; shape [n, 3] or [1, 3].
        downstream: The same, on the same strand.
        length: Bases of the circle.

    Returns:
        Shape [n].
    """
    forward = upstream[:, 2] >= 0
    ends, other_ends = upstream[:, 0] + upstream[:, 1], downstream[:, 0] + downstream[:, 1]
    ahead = np.where(forward, downstream[:, 0] - upstream[:, 0], ends - other_ends) % length
    return np.where(ahead < upstream[:, 1], 0, ahead - upstream[:, 1])


@dataclass(frozen=True)
class Cassette(PlasmidReward):
    """The best expression cassette around a gene outside the markers.

    Formula: the maximum over genes of g x (p + t) / 2, where g is the gene's credit, p the best
    credit x (1 - gap / max_gap) of a promoter before it, and t that of a terminator behind it, on the gene's
    strand. Range [0, 1]. Unit of the gap: bases. Source: PlasmidRL's cassette bonus, which was clipped away
    inside the allowed counts; as a component of its own it always counts.
    """

    max_gap: int = 1000

    name = "cassette"

    def __post_init__(self) -> None:
        if self.max_gap < 1:
            raise ValueError(f"needs a max_gap of at least 1, got {self.max_gap}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score one molecule by its best cassette; the spans are the cassette's parts."""
        promoters = self._parts(annotation, "promoter")
        terminators = self._parts(annotation, "terminator")
        best = 0.0
        parts: tuple[Feature, ...] = ()
        for gene in payload_genes(annotation):
            before, promoter = self._best(promoters, gene, annotation.length, True)
            behind, terminator = self._best(terminators, gene, annotation.length, False)
            score = gene_credit(gene) * (before + behind) / 2
            if score > best:
                best, parts = score, (*promoter, gene, *terminator)
        if not parts:
            return Evaluation(0.0, "no gene with a promoter before it or a terminator behind it")
        return Evaluation(min(1.0, best), " > ".join(part.name for part in parts), spans_of(parts))

    @staticmethod
    def _parts(annotation: Annotation, kind: str) -> _Parts:
        features = [feature for feature in annotation.features if feature.feature_class == kind]
        credits = np.array([sequence_credit(feature) for feature in features])
        return _Parts(features, stretches_of(features), credits)

    def _best(
        self, parts: _Parts, gene: Feature, length: int, before: bool
    ) -> tuple[float, tuple[Feature, ...]]:
        """The best part of one kind before or behind a gene, and what it is worth."""
        (same,) = np.nonzero(parts.stretches[:, 2] == gene.strand)
        if len(same) == 0:
            return 0.0, ()
        mine, others = stretches_of([gene]), parts.stretches[same]
        gap = gaps(others, mine, length) if before else gaps(np.repeat(mine, len(same), 0), others, length)
        worth = parts.credits[same] * np.maximum(0.0, 1.0 - gap / self.max_gap)
        at = int(worth.argmax())
        return (float(worth[at]), (parts.features[same[at]],)) if worth[at] > 0 else (0.0, ())
