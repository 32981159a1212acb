"""Finds protein-coding genes with Pyrodigal. One fixed training set; genes cut by an end are not called."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyrodigal
from numpy.typing import NDArray

from rewards.plasmid.engine.coding import STOP_COST

MIN_GENE = 180
"""Shortest gene that is called, in bases with the stop codon. Where possible, a circle is cut outside of
stop-free stretches of this length."""

BIN = 20
"""Number of Pyrodigal's metagenomic bin for Escherichia coli UMN026. On real plasmids it finds as many genes
as all 50 bins together in a ninth of the time; in random DNA it calls a fifth as many."""

REMNANT_BINS = (BIN, 38)
"""Bins whose codon usage is used to find remnants of genes. The second, Rhodococcus jostii RHA1, has many G
and C at third codon positions, like genes optimised for mammalian cells."""


UNKNOWN_RUN = 10
"""Unknown bases in a row that end every gene: what they hide may be a stop codon."""


class Gene(NamedTuple):
    """A gene call: 0-based start and exclusive end, stop codon included, and strand (+1 or -1)."""

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
        mask=True,
        min_mask=UNKNOWN_RUN,
    )


def find_genes(line: bytes) -> list[Gene]:
    """Genes that lie completely on a linear sequence.

    Args:
        line: Upper-case letters A, C, G, T, N.
    """
    if len(line) < MIN_GENE:
        return []
    return [Gene(gene.begin - 1, gene.end, gene.strand) for gene in _finder().find_genes(line)]


def find_genes_around_circle(line: bytes) -> list[Gene]:
    """Genes on a circle that cannot be cut without cutting an open reading frame, by start.

    Two rounds of the circle are searched. Calls with the same stop codon are the same gene; the longest one
    that is not longer than the circle is kept. An end may exceed the length of the circle.
    """
    length = len(line)
    best: dict[tuple[int, int], Gene] = {}
    for gene in find_genes(line + line):
        if gene.end - gene.start > length:
            continue
        start = gene.start % length
        gene = Gene(start, start + gene.end - gene.start, gene.strand)
        stop = (gene.end if gene.strand > 0 else gene.start) % length
        longest = best.get((stop, gene.strand))
        if longest is None or gene.end - gene.start > longest.end - longest.start:
            best[stop, gene.strand] = gene
    return sorted(best.values())


@cache
def word_scores() -> NDArray[np.int32]:
    """Log-odds (coding against background) of all six-base words, in thousandths; shape [bins, 2, 4097].

    One pair of tables per bin of `REMNANT_BINS`, laid out as `find_remnants` describes.
    """
    places = np.arange(6)
    letters = (np.arange(4096)[:, None] >> (2 * places[::-1])) & 3
    prodigal = (np.array([0, 2, 1, 3])[letters] << (2 * places)).sum(axis=1)  # A G C T, first base lowest
    complements = ((3 - letters[:, ::-1]) << (2 * places[::-1])).sum(axis=1)
    tables = np.zeros((len(REMNANT_BINS), 2, 4097), dtype=np.int32)
    for table, number in zip(tables, REMNANT_BINS, strict=True):
        statistics = np.asarray(pyrodigal.METAGENOMIC_BINS[number].training_info.coding_statistics)[prodigal]
        scores = np.rint(1000 * statistics).astype(np.int32)
        scores[statistics <= -5.0] = STOP_COST  # the bound marks words with a stop codon
        table[0, :4096], table[1, :4096] = scores, scores[complements]
    return tables
