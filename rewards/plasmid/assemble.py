"""From the rows of the search and the gene calls to features in the sequence's own coordinates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.canonical import map_back
from rewards.plasmid.engine.coding import find_remnants
from rewards.plasmid.engine.reading_frame import read_share
from rewards.plasmid.features import FRAGMENT_COVERAGE, Feature
from rewards.plasmid.genes import Gene, word_scores
from rewards.plasmid.geometry import shared_bases
from rewards.plasmid.library.store import Library

GENE_NAME = "CDS"
"""Name of a gene call that the library does not know."""


class Reading(NamedTuple):
    """The canonical line that was searched, and how it lies on the sequence."""

    line: Codes
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
        """A feature of the line, in the sequence's own coordinates."""
        start, end = map_back(start, span, self.cut, self.backwards, len(self.line))
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


class _Hit(NamedTuple):
    """A library gene found on the line."""

    name: str
    start: int
    span: int
    strand: int
    identity: float
    coverage: float
    reading: float


def assemble(
    reading: Reading, rows: NDArray[np.int64], genes: list[Gene], circular: bool, library: Library
) -> list[Feature]:
    """All features of a sequence.

    A gene call takes the name of the library gene that it shares at least half of the shorter one with, on its
    strand. A library gene that no call speaks for (no start codon of its own, or a frame that noise has broken)
    is reported on the library's evidence. What else reads like a gene with stops in it is reported as a remnant: a
    fragment, whose coverage and reading are the share of its longest open run.

    Args:
        reading: The line that was searched.
        rows: From ``find_hits``.
        genes: From the gene finder, on the same line.
        circular: Whether the line closes on itself.
        library: The library that was searched with.
    """
    features: list[Feature] = []
    known: list[_Hit] = []
    length = len(reading.line)
    for target, start, span, first, last, matches, columns in rows.tolist():
        entry = library.features[target >> 1]
        strand = 1 if target & 1 == 0 else -1
        identity, coverage = matches / columns, (last - first) / len(entry.sequence)
        share = 1.0
        if entry.feature_class in ("marker", "cds"):
            skipped = first if strand > 0 else len(entry.sequence) - last
            share = read_share(reading.line, start, span, strand, skipped)
            known.append(_Hit(entry.name, start, span, strand, identity, coverage, share))
        if entry.feature_class != "cds":
            features.append(
                reading.feature(
                    entry.name, entry.feature_class, start, span, strand, identity, coverage, share
                )
            )
    for gene in genes:
        span = gene.end - gene.start
        name, identity, most = GENE_NAME, 1.0, 0
        for hit in known:
            shared = shared_bases(gene.start, span, hit.start, hit.span, length)
            if hit.strand == gene.strand and 2 * shared >= min(span, hit.span) and shared > most:
                name, identity, most = hit.name, hit.identity, shared
        features.append(reading.feature(name, "cds", gene.start, span, gene.strand, identity))
    for hit in known:
        if not any(
            hit.strand == gene.strand
            and 2 * shared_bases(gene.start, gene.end - gene.start, hit.start, hit.span, length)
            >= min(gene.end - gene.start, hit.span)
            for gene in genes
        ):
            name, start, span, strand, identity, coverage, share = hit
            features.append(reading.feature(name, "cds", start, span, strand, identity, coverage, share))
    taken = [(gene.start, gene.end - gene.start, gene.strand, 0) for gene in genes]
    taken += [(hit.start, hit.span, hit.strand, 1) for hit in known]
    remnants = find_remnants(
        reading.line, circular, np.array(taken, dtype=np.int64).reshape(-1, 4), *word_scores()
    )
    for begin, bases, way, share in remnants.tolist():
        features.append(reading.feature(GENE_NAME, "cds", int(begin), int(bases), int(way), 1.0, share, share))
    features.sort(key=lambda feature: (feature.start, feature.end, feature.feature_class, feature.name))
    return features
