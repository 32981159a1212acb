"""Turns library hits and gene calls into features in the coordinates of the sequence as written."""

from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.canonical import map_back
from rewards.plasmid.engine.circle import best_partners
from rewards.plasmid.engine.coding import find_remnants
from rewards.plasmid.engine.reading_frame import read_share
from rewards.plasmid.features import FRAGMENT_COVERAGE, UNKNOWN_GENE, Feature
from rewards.plasmid.genes import Gene, word_scores
from rewards.plasmid.library.store import Library


class CanonicalLine(NamedTuple):
    """The canonical reading of a sequence, on which features are searched; see `engine.canonical`.

    Attributes:
        codes: Base codes in the order of reading, shape [length].
        cut: Position on the sequence as written at which the reading begins.
        backwards: Whether the other strand is read.
    """

    codes: Codes
    cut: int
    backwards: bool

    def feature(
        self,
        name: str,
        feature_class: str,
        start: int,
        span: int,
        strand: int,
        identity: float = 1.0,
        coverage: float = 1.0,
        reading: float = 1.0,
    ) -> Feature:
        """The feature at `start` of this line, in the coordinates of the sequence as written."""
        start, end = map_back(start, span, self.cut, self.backwards, len(self.codes))
        return Feature(
            name,
            feature_class,  # type: ignore[arg-type]
            start,
            end,
            -strand if self.backwards else strand,
            span,
            identity,
            coverage,
            coverage < FRAGMENT_COVERAGE,
            reading,
        )


class _LibraryGene(NamedTuple):
    """A gene of the library found on the line."""

    name: str
    start: int
    span: int
    strand: int
    identity: float
    coverage: float
    reading: float


def assemble(
    line: CanonicalLine, hits: NDArray[np.int64], calls: list[Gene], circular: bool, library: Library
) -> list[Feature]:
    """All features of a sequence, sorted by start, then end.

    Coding sequences come from three sources:

    * Gene calls. A call gets the name of the library gene on its strand that it overlaps most, if they share
      at least half of the shorter one.
    * Library genes that overlap no call in this way: they lack a start codon, or mutations broke the frame.
    * Remnants: stretches that look like a gene but contain stop codons. They are fragments; coverage and
      reading are the share of the longest stretch without a stop.

    Args:
        line: The line that was searched.
        hits: From `find_hits` on that line.
        calls: From the gene finder on that line.
        circular: Whether the ends of the line are joined.
        library: The library that was searched.
    """
    features: list[Feature] = []
    library_genes: list[_LibraryGene] = []
    for target, start, span, first, last, matches, columns in hits.tolist():
        name, feature_class, size = library.labels[target >> 1]
        strand = 1 if target & 1 == 0 else -1
        identity, coverage = matches / columns, (last - first) / size
        share = 1.0
        if feature_class in ("marker", "cds"):
            share = read_share(line.codes, start, span, strand, first if strand > 0 else size - last)
            library_genes.append(_LibraryGene(name, start, span, strand, identity, coverage, share))
        if feature_class != "cds":
            features.append(line.feature(name, feature_class, start, span, strand, identity, coverage, share))
    length = len(line.codes)
    called = np.array([(c.start, c.end - c.start, c.strand) for c in calls], dtype=np.int64).reshape(-1, 3)
    known = np.array([gene[1:4] for gene in library_genes], dtype=np.int64).reshape(-1, 3)
    for call, partner in zip(calls, best_partners(called, known, length, True).tolist(), strict=True):
        name, identity = UNKNOWN_GENE, 1.0
        if partner >= 0:
            name, identity = library_genes[partner].name, library_genes[partner].identity
        features.append(line.feature(name, "cds", call.start, call.end - call.start, call.strand, identity))
    for gene, partner in zip(library_genes, best_partners(known, called, length, True).tolist(), strict=True):
        if partner < 0:
            name, start, span, strand, identity, coverage, share = gene
            features.append(line.feature(name, "cds", start, span, strand, identity, coverage, share))
    remnants = find_remnants(line.codes, circular, called, known, word_scores()).tolist()
    for start, span, strand, share in remnants:
        features.append(
            line.feature(UNKNOWN_GENE, "cds", int(start), int(span), int(strand), 1.0, share, share)
        )
    features.sort(key=itemgetter(2, 3, 1, 0))
    return features
