"""Order on the molecule: promoter, gene, terminator on one strand."""

from __future__ import annotations

from dataclasses import dataclass

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.base import PlasmidReward, spans_of
from rewards.plasmid.components.cds import payload_genes
from rewards.plasmid.components.credit import gene_credit, sequence_credit
from rewards.plasmid.features import Feature


def gap_between(upstream: Feature, downstream: Feature, length: int) -> int:
    """Bases from the end of one feature to the start of the next in reading direction, around the circle.

    0 where they overlap but begin in the right order; the way round the circle where they do not.
    """
    if upstream.strand >= 0:
        begins, gap = (downstream.start - upstream.start) % length, (downstream.start - upstream.end) % length
    else:
        begins, gap = (upstream.end - downstream.end) % length, (upstream.start - downstream.end) % length
    return 0 if begins < upstream.span else gap


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

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score one molecule by its best cassette; the spans are the cassette's parts."""
        best, parts = 0.0, ()
        for gene in payload_genes(annotation):
            before = self._best(annotation, gene, "promoter")
            behind = self._best(annotation, gene, "terminator")
            score = gene_credit(gene) * (before[0] + behind[0]) / 2
            if score > best:
                best, parts = score, (*before[1], gene, *behind[1])
        if not parts:
            return Evaluation(0.0, "no gene with a promoter before it or a terminator behind it")
        return Evaluation(min(1.0, best), " > ".join(part.name for part in parts), spans_of(parts))

    def _best(self, annotation: Annotation, gene: Feature, kind: str) -> tuple[float, tuple[Feature, ...]]:
        best: tuple[float, tuple[Feature, ...]] = (0.0, ())
        for part in annotation.features:
            if part.feature_class != kind or part.strand != gene.strand:
                continue
            pair = (part, gene) if kind == "promoter" else (gene, part)
            score = sequence_credit(part) * max(
                0.0, 1.0 - gap_between(*pair, annotation.length) / self.max_gap
            )
            if score > best[0]:
                best = (score, (part,))
        return best
