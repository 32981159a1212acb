"""Whether genes can be expressed: a promoter that points at each, and room between the parts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.cds import payload_genes
from rewards.plasmid.features import UNKNOWN_GENE, Feature
from rewards.plasmid.geometry import gaps, stretches_of
from rewards.plasmid.reward import PlasmidReward, spans_of
from rewards.plasmid.selection import is_bacterial_marker

NOT_DRIVEN = 0.5
"""Score of a gene at which no known promoter points: the library may not know the one that reads it.

It is the same if a promoter points away from the gene, so that breaking that promoter raises no score.
"""

NO_ROOM = 0.7
"""Factor of a gene that begins right behind a short promoter, without room for a ribosome binding site."""

SHORT_PROMOTER = 60
"""Bases up to which a promoter of the library ends before the ribosome binding site."""

MIN_ROOM = 4
"""Bases between a short promoter and its gene."""

USUAL_ADJACENT = 0.5
"""Share of neighbouring parts without a base between them in the most tightly built public plasmid."""

MEETING = 2
"""Bases between two parts up to which they follow each other without room."""

MOST_OF_IT = 0.6
"""Share of a gene from which its pieces count as a broken gene; a smaller share is a remnant."""

MIN_PAYLOAD = 350
"""Bases from which a gene other than a marker is expected to have a promoter. lacZ-alpha is shorter: pieces
of it remain on many plasmids, because genes are cloned into it."""


@dataclass(frozen=True)
class Expression(PlasmidReward):
    """Whether the genes can be expressed.

    Formula: the mean over the bacterial markers and the payload genes of 350 bases or more of 1 if the
    nearest promoter upstream points at it, `NOT_DRIVEN` if it points away or none is near; times `NO_ROOM`
    right behind a short promoter; 0 for a broken gene of the library. The mean is multiplied by 1 - a/2: a
    rises from 0 to 1 as the share of parts that meet the next one without room rises from 0.5 to 1. 0 without
    a whole gene. Range [0, 1]. Unit of `reach`: bases.

    Raises:
        ValueError: If `reach` is below 1.
    """

    reach: int = 1500

    name = "expression"

    def __post_init__(self) -> None:
        if self.reach < 1:
            raise ValueError(f"needs a reach of at least 1, got {self.reach}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Score of one molecule; the message names each gene that is not driven."""
        markers = [f for f in annotation.of_class("marker") if is_bacterial_marker(f, annotation)]
        payload = [gene for gene in payload_genes(annotation) if gene.span / gene.coverage >= MIN_PAYLOAD]
        genes = [gene for gene in (*markers, *payload) if not gene.defect]
        if not genes:
            return Evaluation(0.0, "no whole gene")
        promoters = annotation.of_class("promoter")
        broken = [*_broken(markers), *_broken(payload)]
        scores, faults = [0.0] * len(broken), [f"{name}: broken" for name in broken]
        for gene in genes:
            score, fault = self._of_gene(gene, promoters, annotation.length)
            scores.append(score)
            faults += [f"{gene.name}: {fault}"] if fault else []
        adjacent = _adjacent_share(annotation)
        crowded = max(0.0, adjacent - USUAL_ADJACENT) / (1.0 - USUAL_ADJACENT)
        if crowded > 0:
            faults.append(f"{adjacent:.0%} of the parts follow the one before without a base between")
        score = sum(scores) / len(scores) * (1.0 - crowded / 2)
        return Evaluation(score, "; ".join(faults[:4]) or "a promoter points at each gene", spans_of(genes))

    def _of_gene(self, gene: Feature, promoters: list[Feature], length: int) -> tuple[float, str]:
        """Score of one gene and what is wrong with it."""
        stretches = stretches_of(promoters)
        stretches[:, 2] = gene.strand  # on either strand, those that lie upstream
        distances = gaps(stretches, stretches_of([gene]), length).tolist()
        near = [pair for pair in zip(distances, promoters, strict=True) if pair[0] <= self.reach]
        if not near:
            return NOT_DRIVEN, "no promoter points at it"
        gap, nearest = min(near, key=lambda pair: (pair[0], pair[1].strand != gene.strand))
        if nearest.strand != gene.strand:
            return NOT_DRIVEN, f"{nearest.name} points away from it"
        if all(promoter.defect for _, promoter in near if promoter.strand == gene.strand):
            return NOT_DRIVEN, f"{nearest.name} is broken"
        if gap < MIN_ROOM and nearest.span <= SHORT_PROMOTER:
            return NO_ROOM, f"no room behind {nearest.name}"
        return 1.0, ""


def _broken(genes: Sequence[Feature]) -> list[str]:
    """Names of the broken library genes, once for each; the pieces of a gene count if they are most of it."""
    pieces: defaultdict[str, float] = defaultdict(float)
    broken = []
    for gene in genes:
        if gene.fragment and gene.name != UNKNOWN_GENE:
            pieces[gene.name] += gene.coverage
        elif gene.defect and gene.name != UNKNOWN_GENE:
            broken.append(gene.name)
    return broken + [name for name, coverage in sorted(pieces.items()) if coverage >= MOST_OF_IT]


def _adjacent_share(annotation: Annotation) -> float:
    """Number of places at which two whole library parts meet, at most two bases apart, over that of parts."""
    parts = [f for f in annotation.features if not f.defect and f.feature_class != "cds"]
    if len(parts) < 3:
        return 0.0
    starts = np.array([part.start for part in parts])
    ends = starts + np.array([part.span for part in parts])
    meeting = (starts[None, :] - ends[:, None]) % annotation.length <= MEETING
    return min(1.0, float(meeting.sum() / len(parts)))
