"""Coding potential in six frames: where a gene stands whose reading frame substitutions have broken.

A gene finder needs an open frame, so noise that puts a stop into a gene hides it altogether. Here the
log-odds of six-base words (coding against background, the gene finder's own statistics) are summed along each
frame, a stop codon only costs, and the stretches that score beyond chance are reported where no gene accounts
for them.
"""

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes
from rewards.plasmid.engine.circle import shared_bases
from rewards.plasmid.engine.jit import kernel

STOP_COST = -2000
"""Score of a word that holds a stop codon in frame, in thousandths like all scores here."""

DROP = 15_000
"""A stretch ends where the score has fallen this far below its best."""

MIN_SCORE = 15_000
"""One such stretch in 100 kb of random DNA."""

MIN_PIECE = 150
"""Bases of such a stretch that must be left once the genes on it are taken away."""

MIN_PIECE_SCORE = 9_000
"""What these bases must score by themselves, given that the whole stretch is beyond chance."""

REACH = 1500
"""Bases behind the origin that a stretch beginning before it is followed into."""

_WORD = 6


@kernel
def _packed(line: Codes, until: int) -> NDArray[np.uint16]:
    """The six-base word that begins at each position; 4096 where it holds an unknown base."""
    length = len(line)
    words = np.empty(until, dtype=np.uint16)
    word, known, index = 0, 0, 0
    for i in range(until + _WORD - 1):
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
    """Stretches of one frame that score beyond chance: rows of start, bases, strand, score; best first."""
    rows = np.empty((16, 4), dtype=np.int64)
    count = 0
    until = len(words)
    for strand in range(2):
        for frame in range(3):
            at = frame
            while at < until:
                start, end, score, at = _next_stretch(words, forward if strand == 0 else backward, at, until)
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
def _next_stretch(
    words: NDArray[np.uint16], table: NDArray[np.int32], at: int, until: int
) -> tuple[int, int, int, int]:
    """The next stretch of a frame: its first word, its last word, its score (0 for none), where to go on."""
    total, i = np.int64(0), at
    while i < until:  # most of a sequence is only ever read here: the fewer values in the chain the better
        total = max(total, np.int64(0)) + table[words[i]]
        if total >= MIN_SCORE:
            break
        i += 3
    if i >= until:
        return 0, 0, 0, until
    start, summed = i, np.int64(table[words[i]])
    while summed < total:  # where the sum began: from any later word it is less
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
    """Sum of the table over the words of one frame of a stretch of the circle."""
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
    """Longest run of codons without a stop, over all codons of the stretch."""
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
    """Remnants of genes where no gene is known.

    What genes of its strand cover is cut out of a stretch; what is left is a remnant, unless better-scoring
    genes stand on half of it on the other strand (the antisense of a gene looks like a gene).

    Args:
        line: Base codes, shape [length].
        circular: Whether the sequence closes on itself.
        called: Gene calls, rows of start, bases, strand; shape [n, 3].
        known: Genes known by their sequence, the same; they outscore everything.
        tables: Log-odds of each six-base word in thousandths (base 4, A C G T as 0 to 3, first base highest;
            last the score of a word with an unknown base), for the word and for its reverse complement, one
            pair per kind of codon usage, looked for in turn; shape [kinds, 2, 4097].

    Returns:
        Rows of start in [0, length), bases, strand, and the share of the longest stop-free run; shape [m, 4].
    """
    length = len(line)
    words = _packed(line, length + min(length, REACH) if circular else max(0, length - _WORD + 1))
    covered = np.zeros((2, length), dtype=np.bool_)
    genes = np.concatenate((called, known))
    for k in range(len(genes)):
        _cover(covered[(1 - genes[k, 2]) // 2], genes[k, 0], genes[k, 1])
    found = np.empty((0, 4), dtype=np.float64)
    for kind in range(len(tables)):
        stretches = _coding_stretches(words, length, tables[kind, 0], tables[kind, 1])
        if len(stretches) == 0:
            continue
        scores = np.full(len(genes), 1 << 40, dtype=np.int64)
        for k in range(len(called)):
            layer = (1 - called[k, 2]) // 2
            scores[k] = _coding_score(words, tables[kind, layer], called[k, 0], called[k, 1], length)
        more = _uncovered_pieces(line, words, stretches, tables[kind], genes, scores, covered)
        found = np.concatenate((found, more))
    return found


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
    """The remnants of one kind of codon usage; marks what they cover."""
    length = len(line)
    found = np.empty((len(stretches), 4), dtype=np.float64)
    count = 0
    for k in range(len(stretches)):
        origin, span, layer = stretches[k, 0], stretches[k, 1], (1 - stretches[k, 2]) // 2
        begin, at = 0, origin  # begin of the uncovered piece within the stretch
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
            better = 0
            for j in range(len(genes)):
                if genes[j, 2] == 2 * layer - 1 and scores[j] >= score:
                    better += shared_bases(start, size, genes[j, 0], genes[j, 1], length)
            for j in range(count):  # the stretches come best first, so an earlier remnant scores better
                if found[j, 2] == 2 * layer - 1:
                    better += shared_bases(start, size, int(found[j, 0]), int(found[j, 1]), length)
            if score < MIN_PIECE_SCORE or 2 * better >= size:
                continue
            _cover(covered[layer], start, size)
            found[count, 0], found[count, 1], found[count, 2] = start, size, 1 - 2 * layer
            found[count, 3] = _open_share(line, start, size, 1 - 2 * layer)
            count += 1
    return found[:count].copy()
