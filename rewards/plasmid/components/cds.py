"""Protein-coding genes other than the selection markers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.counts import FeatureCount
from rewards.plasmid.components.credit import gene_credit
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import shared_bases, sequence_of


def payload_genes(annotation: Annotation) -> list[Feature]:
    """Genes that share less than half of the shorter one with every marker, on either strand."""
    markers = [feature for feature in annotation.features if feature.feature_class == "marker"]
    return [
        gene
        for gene in annotation.features
        if gene.feature_class == "cds"
        and not any(
            2 * shared_bases(gene.start, gene.span, marker.start, marker.span, annotation.length)
            >= min(gene.span, marker.span)
            for marker in markers
        )
    ]


@dataclass(frozen=True)
class Cds(FeatureCount):
    """Genes outside the markers, counted by length or likeness to a known gene (``credit.gene_credit``).

    Formula: ``counts.count_score``. Range [0, 1]. Unit: genes. Genes of the same bases are copies of each other.
    Source: PlasmidRL's CDS component; the cassette bonus stands on its own in ``cassette``.
    """

    name = "cds"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """The payload genes."""
        return payload_genes(annotation)

    def credit(self, feature: Feature) -> float:
        """By length or likeness."""
        return gene_credit(feature)

    def key(self, feature: Feature, annotation: Annotation) -> Hashable:
        """The gene's own bases."""
        return sequence_of(annotation.codes, feature.start, feature.span, feature.strand)
