"""Protein-coding genes: Pyrodigal with one fixed bin, closed ends."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyrodigal
from numpy.typing import NDArray

from rewards.plasmid.engine.coding import STOP_COST

MIN_GENE = 180
"""Shortest gene called, in bases with the stop codon; also the open stretch that a circle is not cut in."""

BIN = 20
"""Escherichia coli UMN026 among Pyrodigal's metagenomic bins: on real plasmids it recalls as much as all
50 bins together at a ninth of the time, and calls a fifth as many genes in random DNA."""

REMNANT_BINS = (BIN, 38)
"""Bins whose codon usage remnants are looked for by: the gene finder's, and Rhodococcus jostii RHA1, whose
genes are rich in G and C at third positions, as are those that are optimised for mammalian cells."""


class Gene(NamedTuple):
    """A gene call on a line: 0-based start, end past the stop codon, strand."""

    start: int
    end: int
    strand: int


@cache
def _finder() -> pyrodigal.GeneFinder:
    return pyrodigal.GeneFinder(
        training_info=pyrodigal.METAGENOMIC_BINS[BIN].training_info,
        meta=False,
        closed=True,
        min_gene=MIN_GENE,
        max_overlap=60,
    )


def find_genes(line: bytes) -> list[Gene]:
    """Genes on a linear sequence that neither end cuts.

    Args:
        line: Upper-case letters out of A, C, G, T, N.
    """
    if len(line) < MIN_GENE:
        return []
    return [Gene(gene.begin - 1, gene.end, gene.strand) for gene in _finder().find_genes(line)]


def find_genes_on_open_circle(line: bytes) -> list[Gene]:
    """Genes on a circle with an open stretch at every place, so that no cut spares all of them.

    The circle is read twice round; a gene belongs to the place where its stop codon stands, so calls with the
    same stop are one gene and the longest that fits on the circle is kept. Ends may exceed the length.
    """
    length = len(line)
    best: dict[tuple[int, int], Gene] = {}
    for gene in find_genes(line + line):
        if gene.end - gene.start > length:
            continue
        start = gene.start % length
        gene = Gene(start, start + gene.end - gene.start, gene.strand)
        stop = (gene.end if gene.strand > 0 else gene.start) % length
        known = best.get((stop, gene.strand))
        if known is None or gene.end - gene.start > known.end - known.start:
            best[stop, gene.strand] = gene
    return sorted(best.values())


@cache
def word_scores() -> NDArray[np.int32]:
    """Log-odds of six-base words of each of `REMNANT_BINS`, as `find_remnants` takes them."""
    places = np.arange(6)
    letters = (np.arange(4096)[:, None] >> (2 * places[::-1])) & 3
    prodigal = (np.array([0, 2, 1, 3])[letters] << (2 * places)).sum(axis=1)  # A G C T, first base lowest
    other = ((3 - letters[:, ::-1]) << (2 * places[::-1])).sum(axis=1)
    tables = np.zeros((len(REMNANT_BINS), 2, 4097), dtype=np.int32)
    for table, number in zip(tables, REMNANT_BINS, strict=True):
        statistics = np.asarray(pyrodigal.METAGENOMIC_BINS[number].training_info.coding_statistics)[prodigal]
        scores = np.rint(1000 * statistics).astype(np.int32)
        scores[statistics <= -5.0] = STOP_COST  # its bound, kept for the words that hold a stop codon
        table[0, :4096], table[1, :4096] = scores, scores[other]
    return tables
