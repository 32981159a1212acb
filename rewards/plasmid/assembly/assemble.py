"""Turns library hits and gene calls into features in the coordinates of the sequence as written."""

from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.assembly.defects import (
    align,
    fragment_defect,
    gene_defect,
    may_be_changed,
    part_defect,
    protein_defect,
)
from rewards.plasmid.assembly.genes import Gene, word_scores
from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.canonical import map_back
from rewards.plasmid.engine.changes import stretch_of
from rewards.plasmid.engine.circle import best_partners, shared_bases
from rewards.plasmid.engine.coding import find_remnants
from rewards.plasmid.engine.reading_frame import read_share
from rewards.plasmid.families import family_of
from rewards.plasmid.features import FRAGMENT_COVERAGE, UNKNOWN_GENE, Feature
from rewards.plasmid.library.store import Library

LONGER_CALL = 1.2
"""Length from which a gene call with a piece of a library gene is another gene, relative to that gene."""

VARIANT_CALL, VARIANT_COVERAGE = 0.9, 0.8
"""The same for a call that holds at least this share of the library gene: a variant of it, as lacZ-alpha with
another cloning site."""


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
        defect: str = "",
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
            defect,
        )


class _Found(NamedTuple):
    """A library feature found on the line: the arguments of `CanonicalLine.feature`."""

    name: str
    feature_class: str
    start: int
    span: int
    strand: int
    identity: float
    coverage: float
    reading: float
    defect: str


def assemble(
    line: CanonicalLine, hits: NDArray[np.int64], calls: list[Gene], circular: bool, library: Library
) -> list[Feature]:
    """All features of a sequence, sorted by start, then end.

    Coding sequences come from three sources:

    * Gene calls. A call gets the name of the library gene on its strand that it overlaps most, if they share
      at least half of the shorter one.
    * Library genes that overlap no call in this way, or that are broken: they lack a start codon, or
      mutations broke the frame. Calls in their place are what is left of them.
    * Remnants: stretches that look like a gene but contain stop codons. They are fragments; coverage and
      reading are the share of the longest stretch without a stop.

    Args:
        line: The line that was searched.
        hits: From `find_hits` on that line.
        calls: From the gene finder on that line.
        circular: Whether the ends of the line are joined.
        library: The library that was searched.
    """
    found = [_read_hit(line.codes, hit, library) for hit in hits.tolist()]
    features = [line.feature(*part) for part in found if part.feature_class != "cds"]
    library_genes = [part for part in found if part.feature_class in ("marker", "cds")]
    length = len(line.codes)
    called = np.array([(c.start, c.end - c.start, c.strand) for c in calls], dtype=np.int64).reshape(-1, 3)
    known = np.array([gene[2:5] for gene in library_genes], dtype=np.int64).reshape(-1, 3)
    for call, partner in zip(calls, best_partners(called, known, length, True).tolist(), strict=True):
        place = (call.start, call.end - call.start, call.strand)
        if partner < 0:
            defect = protein_defect(stretch_of(line.codes, *place))
            features.append(line.feature(UNKNOWN_GENE, "cds", *place, defect=defect))
            continue
        gene = library_genes[partner]
        if not gene.defect or _is_other_gene(place[1], gene):
            features.append(line.feature(gene.name, "cds", *place, gene.identity))
        elif gene.coverage < FRAGMENT_COVERAGE:
            shared = shared_bases(place[0], place[1], gene.start, gene.span, length)
            coverage = gene.coverage * shared / gene.span
            features.append(
                line.feature(gene.name, "cds", *place, gene.identity, coverage, gene.reading, gene.defect)
            )
    for gene, partner in zip(library_genes, best_partners(known, called, length, True).tolist(), strict=True):
        if partner < 0 or (gene.defect and gene.coverage >= FRAGMENT_COVERAGE):
            features.append(line.feature(*gene._replace(feature_class="cds")))
    remnants = find_remnants(line.codes, circular, called, known, word_scores()).tolist()
    for start, span, strand, share in remnants:
        defect = f"no whole reading frame, {share:.0%} of it open"
        features.append(
            line.feature(UNKNOWN_GENE, "cds", int(start), int(span), int(strand), 1.0, share, share, defect)
        )
    features.sort(key=itemgetter(2, 3, 1, 0))
    return features


def _is_other_gene(span: int, gene: _Found) -> bool:
    """Whether a gene call of `span` bases is another gene than the one of which it holds a piece."""
    longer = VARIANT_CALL if gene.coverage >= VARIANT_COVERAGE else LONGER_CALL
    return gene.coverage < FRAGMENT_COVERAGE and span >= longer * gene.span / gene.coverage


def _read_hit(line: Codes, hit: list[int], library: Library) -> _Found:
    """A row of `find_hits` as a feature, with what is broken in it."""
    target, start, span, first, last, matches, columns = hit
    name, feature_class, size = library.labels[target >> 1]
    strand = 1 if target & 1 == 0 else -1
    coverage = (last - first) / size
    before, after = (first, size - last) if strand > 0 else (size - last, first)
    alignment = None
    if coverage >= FRAGMENT_COVERAGE and may_be_changed(feature_class, columns - matches):
        begin = int(library.index.first[target & ~1])  # the feature in its own direction
        part = library.index.codes[begin + before : begin + size - after]
        alignment = align(part, stretch_of(line, start, span, strand), columns - matches)
    reading, defect = 1.0, fragment_defect(coverage)
    if feature_class in ("marker", "cds"):
        own = feature_class == "marker" and family_of(name, "marker").host != "eukaryotic"
        reading, ends = read_share(line, start, span, strand, before, after, own)
        defect = defect or gene_defect(reading, ends, alignment, before, own)
    else:
        defect = defect or part_defect(feature_class, alignment)
    return _Found(name, feature_class, start, span, strand, matches / columns, coverage, reading, defect)
