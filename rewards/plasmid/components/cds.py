"""Protein-coding genes other than the selection markers."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.counting import FeatureCount
from rewards.plasmid.credit import gene_credit
from rewards.plasmid.engine.circle import shared_bases
from rewards.plasmid.features import Feature
from rewards.plasmid.geometry import sequence_of


def payload_genes(annotation: Annotation) -> list[Feature]:
    """Genes of which less than half lies on a marker, on either strand; a fusion with a marker is one."""
    markers = annotation.of_class("marker")
    return [
        gene
        for gene in annotation.of_class("cds")
        if all(
            2 * shared_bases(gene.start, gene.span, marker.start, marker.span, annotation.length) < gene.span
            for marker in markers
        )
    ]


@dataclass(frozen=True)
class Cds(FeatureCount):
    """Number of genes other than markers, each weighted with `credit.gene_credit`.

    Formula: `counting.count_score`. Range [0, 1]. Unit: genes. Genes with the same bases are copies of each
    other. Source: PlasmidRL's CDS component; its cassette bonus is the separate component `cassette`.
    """

    name = "cds"

    def features(self, annotation: Annotation) -> Sequence[Feature]:
        """All genes other than markers."""
        return payload_genes(annotation)

    def credit(self, feature: Feature) -> float:
        """Credit by length, or by similarity to a library gene."""
        return gene_credit(feature)

    def key(self, feature: Feature, annotation: Annotation) -> Hashable:
        """The bases of the gene."""
        return sequence_of(annotation.codes, feature.start, feature.span, feature.strand)
