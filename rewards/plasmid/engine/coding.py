"""Finds remnants of genes: stretches with coding statistics whose reading frame mutations have broken.

A gene finder needs an open reading frame, so mutations to stop codons can hide a gene from it. Here the
log-odds of six-base words (coding against background, from the gene finder's statistics) are summed along
each of the six frames, and a stop codon only lowers the sum. Stretches that score higher than chance are
remnants, unless they lie on known genes.
"""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.circle import shared_bases
from rewards.plasmid.engine.jit import kernel

STOP_COST = -2000
"""Score of a word with a stop codon in frame. All scores are in thousandths."""

DROP = 15_000
"""A stretch ends where its score has fallen this far below its maximum."""

MIN_SCORE = 15_000
"""Least score of a stretch. Random DNA has one such stretch per 100 kb."""

MIN_PIECE = 150
"""Shortest piece of a stretch that is reported, in bases, after the parts covered by genes are removed."""

MIN_PIECE_SCORE = 9_000
"""Least score of such a piece."""

REACH = 1500
"""Bases after position 0 into which a stretch that begins before it is followed."""

_WORD = 6


@kernel
def _packed(line: Codes, count: int) -> NDArray[np.uint16]:
    """The six-base word that begins at each position, shape [count]; 4096 if it contains an unknown base."""
    length = len(line)
    words = np.empty(count, dtype=np.uint16)
    word, known, index = 0, 0, 0
    for i in range(count + _WORD - 1):
        code = line[index]
        index += 1
        if index == length:
            index = 0
        known = known + 1 if code < 4 else 0
        word = ((word << 2) | (code & 3)) & 4095
        if i >= _WORD - 1:
            words[i - _WORD + 1] = word if known >= _WORD else 4096
    return words


@kernel
def _coding_stretches(
    words: NDArray[np.uint16], length: int, forward: NDArray[np.int32], backward: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Stretches that score at least `MIN_SCORE`: rows of start, span in bases, strand, score; best first."""
    rows = np.empty((16, 4), dtype=np.int64)
    count = 0
    end_of_words = len(words)
    for strand in range(2):
        for frame in range(3):
            at = frame
            while at < end_of_words:
                start, end, score, at = _next_stretch(words, forward if strand == 0 else backward, at)
                span = end + _WORD - start
                if score == 0 or start >= length or span > length:
                    continue
                if count == len(rows):
                    larger = np.empty((2 * count, 4), dtype=np.int64)
                    larger[:count] = rows
                    rows = larger
                rows[count, 0], rows[count, 1], rows[count, 2], rows[count, 3] = (
                    start,
                    span,
                    1 - 2 * strand,
                    score,
                )
                count += 1
    return rows[:count][np.argsort(-rows[:count, 3], kind="mergesort")]


@kernel
def _next_stretch(words: NDArray[np.uint16], table: NDArray[np.int32], at: int) -> tuple[int, int, int, int]:
    """The next stretch of a frame: first word, last word, score (0 for none), and where to continue."""
    until = len(words)
    total, i = np.int64(0), at
    while i < until:  # most words are read in this loop only, so it computes as little as possible
        total = max(total, np.int64(0)) + table[words[i]]
        if total >= MIN_SCORE:
            break
        i += 3
    if i >= until:
        return 0, 0, 0, until
    start, summed = i, np.int64(table[words[i]])
    while summed < total:  # walk back to the word at which the sum began
        start -= 3
        summed += table[words[start]]
    best, end = total, i
    for i in range(end + 3, until, 3):
        total += table[words[i]]
        if total > best:
            best, end = total, i
        elif total <= 0 or best - total > DROP:
            return start, end, int(best), i + 3
    return start, end, int(best), until


@kernel
def _coding_score(
    words: NDArray[np.uint16], table: NDArray[np.int32], start: int, span: int, length: int
) -> int:
    """Score of a stretch of the circle: the sum of the table over the words of its frame."""
    score = 0
    at = start
    for _ in range((span - _WORD) // 3 + 1):
        if at >= length:
            at -= length
        score += table[words[at]]
        at += 3
    return score


@kernel
def _open_share(line: Codes, start: int, span: int, strand: int) -> float:
    """Length of the longest run of codons without a stop over that of the stretch, in [0, 1]."""
    length = len(line)
    run, longest = 0, 0
    for at in range(start, start + span - 2, 3):
        a, b, c = line[at % length], line[(at + 1) % length], line[(at + 2) % length]
        if strand > 0:
            stop = a == 3 and ((b == 0 and (c == 0 or c == 2)) or (b == 2 and c == 0))
        else:
            stop = c == 0 and ((b == 3 and (a == 3 or a == 1)) or (b == 1 and a == 3))
        run = 0 if stop else run + 1
        longest = max(longest, run)
    return longest / max(1, span // 3)


@kernel
def _cover(layer: NDArray[np.bool_], start: int, span: int) -> None:
    """Set the entries of a stretch of the circle."""
    at = start
    for _ in range(span):
        if at >= len(layer):
            at -= len(layer)
        layer[at] = True
        at += 1


@kernel
def find_remnants(
    line: Codes,
    circular: bool,
    called: NDArray[np.int64],
    known: NDArray[np.int64],
    tables: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Remnants of genes outside the known genes.

    The parts of a stretch that genes on its strand cover are removed. Each remaining piece is a remnant,
    unless genes with a better score cover half of it on the other strand, since the antisense of a gene looks
    like a gene.

    Args:
        line: Base codes, shape [length].
        circular: Whether the ends of the sequence are joined.
        called: Gene calls, rows of start, span in bases, strand; shape [n, 3].
        known: Library genes, the same; their score counts as higher than any other.
        tables: Log-odds of the six-base words in thousandths, shape [kinds, 2, 4097]. One pair of tables per
            kind of codon usage, for the word and for its reverse complement; the kinds are searched in turn.
            Words are numbers in base 4 (A C G T are 0 to 3, first base highest). Entry 4096 is the score of a
            word with an unknown base.

    Returns:
        Rows of start in [0, length), span in bases, strand, and share of the longest stop-free run; shape
        [m, 4].
    """
    length = len(line)
    words = _packed(line, length + min(length, REACH) if circular else max(0, length - _WORD + 1))
    covered = np.zeros((2, length), dtype=np.bool_)
    genes = np.concatenate((called, known))
    for k in range(len(genes)):
        _cover(covered[(1 - genes[k, 2]) // 2], genes[k, 0], genes[k, 1])
    remnants = np.empty((0, 4), dtype=np.float64)
    for kind in range(len(tables)):
        stretches = _coding_stretches(words, length, tables[kind, 0], tables[kind, 1])
        if len(stretches) == 0:
            continue
        scores = np.full(len(genes), 1 << 40, dtype=np.int64)
        for k in range(len(called)):
            layer = (1 - called[k, 2]) // 2
            scores[k] = _coding_score(words, tables[kind, layer], called[k, 0], called[k, 1], length)
        pieces = _uncovered_pieces(line, words, stretches, tables[kind], genes, scores, covered)
        remnants = np.concatenate((remnants, pieces))
    return remnants


@kernel
def _uncovered_pieces(
    line: Codes,
    words: NDArray[np.uint16],
    stretches: NDArray[np.int64],
    tables: NDArray[np.int32],
    genes: NDArray[np.int64],
    scores: NDArray[np.int64],
    covered: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """The remnants of one kind of codon usage, as `find_remnants` returns them; marks them in `covered`."""
    length = len(line)
    found = np.empty((len(stretches), 4), dtype=np.float64)
    count = 0
    for k in range(len(stretches)):
        origin, span, layer = stretches[k, 0], stretches[k, 1], (1 - stretches[k, 2]) // 2
        begin, at = 0, origin  # begin: start of the uncovered piece, relative to the stretch
        for i in range(0, span + 3, 3):
            if at >= length:
                at -= length
            free = i < span and not covered[layer, at]
            at += 3
            if free:
                continue
            size, start = min(i, span) - begin, (origin + begin) % length
            begin = i + 3
            if size < MIN_PIECE or count == len(found):
                continue
            score = _coding_score(words, tables[layer], start, size, length)
            better_bases = 0
            for j in range(len(genes)):
                if genes[j, 2] == 2 * layer - 1 and scores[j] >= score:
                    better_bases += shared_bases(start, size, genes[j, 0], genes[j, 1], length)
            for j in range(count):  # stretches are sorted, so earlier remnants score better
                if found[j, 2] == 2 * layer - 1:
                    better_bases += shared_bases(start, size, int(found[j, 0]), int(found[j, 1]), length)
            if score < MIN_PIECE_SCORE or 2 * better_bases >= size:
                continue
            _cover(covered[layer], start, size)
            found[count, 0], found[count, 1], found[count, 2] = start, size, 1 - 2 * layer
            found[count, 3] = _open_share(line, start, size, 1 - 2 * layer)
            count += 1
    return found[:count].copy()
