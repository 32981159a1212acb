"""From the rows of the search and the gene calls to features in the sequence's own coordinates."""

from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.canonical import map_back
from rewards.plasmid.engine.circle import best_partners
from rewards.plasmid.engine.coding import find_remnants
from rewards.plasmid.engine.reading_frame import read_share
from rewards.plasmid.features import FRAGMENT_COVERAGE, Feature
from rewards.plasmid.genes import Gene, word_scores
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


class _Known(NamedTuple):
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

    A gene call takes the name of the library gene that it shares at least half of the shorter one with, on
    its strand. A library gene that no call speaks for (no start codon of its own, or a frame that noise has
    broken) is reported on the library's evidence. What else reads like a gene with stops in it is reported as
    a remnant: a fragment, whose coverage and reading are the share of its longest open run.

    Args:
        reading: The line that was searched.
        rows: From `find_hits`.
        genes: From the gene finder, on the same line.
        circular: Whether the line closes on itself.
        library: The library that was searched with.
    """
    features: list[Feature] = []
    known: list[_Known] = []
    for target, start, span, first, last, matches, columns in rows.tolist():
        name, feature_class, size = library.labels[target >> 1]
        strand = 1 if target & 1 == 0 else -1
        identity, coverage = matches / columns, (last - first) / size
        share = 1.0
        if feature_class in ("marker", "cds"):
            share = read_share(reading.line, start, span, strand, first if strand > 0 else size - last)
            known.append(_Known(name, start, span, strand, identity, coverage, share))
        if feature_class != "cds":
            features.append(
                reading.feature(name, feature_class, start, span, strand, identity, coverage, share)
            )
    length = len(reading.line)
    called = np.array([(g.start, g.end - g.start, g.strand) for g in genes], dtype=np.int64).reshape(-1, 3)
    spoken = np.array([hit[1:4] for hit in known], dtype=np.int64).reshape(-1, 3)
    for gene, partner in zip(genes, best_partners(called, spoken, length, True).tolist(), strict=True):
        name, identity = (known[partner].name, known[partner].identity) if partner >= 0 else (GENE_NAME, 1.0)
        features.append(
            reading.feature(name, "cds", gene.start, gene.end - gene.start, gene.strand, identity)
        )
    for hit, partner in zip(known, best_partners(spoken, called, length, True).tolist(), strict=True):
        if partner < 0:
            name, start, span, strand, identity, coverage, share = hit
            features.append(reading.feature(name, "cds", start, span, strand, identity, coverage, share))
    for start, span, strand, share in find_remnants(
        reading.line, circular, called, spoken, word_scores()
    ).tolist():
        features.append(
            reading.feature(GENE_NAME, "cds", int(start), int(span), int(strand), 1.0, share, share)
        )
    features.sort(key=itemgetter(2, 3, 1, 0))
    return features
