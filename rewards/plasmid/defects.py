"""What keeps a feature from working: a missing piece, a broken reading frame, a changed stretch.

Defects that only an experiment shows are out of reach: a changed active site leaves the frame open and
counts as whole.
"""

from typing import NamedTuple

import edlib
import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import UNKNOWN, Codes, decode
from rewards.plasmid.features import FRAGMENT_COVERAGE, FeatureClass

WINDOW = {"ori": (40, 18), "promoter": (12, 4), "terminator": (12, 5)}
"""Per class: window in bases of the library feature, and changed bases in it from which the part is broken.

Three changes are too few: the strong promoter J23102 differs by three from J23119 in the -10 box. At 5 %
random substitutions no origin has such a window, and one promoter of 100 bases in 20.
"""

CODON_WINDOW, CHANGED_CODONS = 12, 8
"""Window in codons of a gene, and changed amino acids in it from which the protein is broken.

A gene optimised for another host has none, and a natural variant of 80 % identity has rarely one.
"""

MIN_IN_FRAME = 0.97
"""Share of a gene's codons that must be aligned in its own reading frame."""

_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_STANDARD_ORDER = np.array([2, 1, 3, 0])  # of A, C, G, T in the table above, which begins with TTT, TTC
_AMINO_ACID = np.array(
    [
        ord(_AMINO_ACIDS[16 * _STANDARD_ORDER[a] + 4 * _STANDARD_ORDER[b] + _STANDARD_ORDER[c]])
        for a, b, c in np.ndindex(4, 4, 4)
    ]
)


class Alignment(NamedTuple):
    """A library feature aligned with its place on the plasmid, both read in the feature's direction.

    Attributes:
        part: Bases of the aligned part of the feature; shape [part].
        place: Bases of its place on the plasmid; shape [span].
        at: Index in `place` of each base of the part, -1 if it is deleted; shape [part].
        inserted: Bases of the plasmid that stand before each base of the part and not in it; shape [part].
    """

    part: Codes
    place: Codes
    at: NDArray[np.int64]
    inserted: NDArray[np.int64]

    @property
    def changed(self) -> NDArray[np.int64]:
        """Changed bases at each base of the part: 1 if it is another one or deleted, and insertions before."""
        differs = (self.at < 0) | (self.place[self.at] != self.part)
        return self.inserted + differs


def align(place: Codes, part: Codes, mismatches: int) -> Alignment:
    """Global alignment of the part of a feature with the place on the plasmid at which it was found.

    Args:
        place: Bases of the plasmid, in the feature's direction; shape [span].
        part: Bases of the feature, in its own direction; shape [part].
        mismatches: Differing alignment columns of the hit. If comparing base by base explains them, there is
            no gap.
    """
    if len(place) == len(part) and np.count_nonzero(place != part) <= mismatches:
        return Alignment(part, place, np.arange(len(part)), np.zeros(len(part), dtype=np.int64))
    path = edlib.align(decode(part), decode(place), mode="NW", task="path")["cigar"]
    at = np.full(len(part), -1)
    inserted = np.zeros(len(part), dtype=np.int64)
    here, there, count = 0, 0, 0
    for letter in path:
        if letter.isdigit():
            count = 10 * count + int(letter)
            continue
        if letter == "D":  # bases of the plasmid that the part lacks
            inserted[min(here, len(part) - 1)] += count
            there += count
        elif letter == "I":
            here += count
        else:
            at[here : here + count] = np.arange(there, there + count)
            here, there = here + count, there + count
        count = 0
    return Alignment(part, place, at, inserted)


def gene_defect(reading: float, ends: bool, alignment: Alignment | None, skipped: int) -> str:
    """What is broken in a gene of the library that is not a fragment; empty if it is whole.

    Args:
        reading: From `engine.reading_frame.read_share`.
        ends: Whether a stop codon ends the frame.
        alignment: How the gene lies on the plasmid; None if every base is the same.
        skipped: Bases of the gene before the aligned part; they set the frame.
    """
    if reading <= 0.0:
        return "no start codon"
    if reading < 1.0:
        return f"stop codon after {reading:.0%} of it"
    if not ends:
        return "no stop codon"
    if alignment is None:
        return ""
    first = -skipped % 3
    bases = np.arange(first, len(alignment.part) - 2, 3)[:, None] + np.arange(3)
    at = alignment.at[bases]
    in_frame = (at[:, 0] >= 0) & (at[:, 2] - at[:, 0] == 2) & ((at[:, 0] - bases[:, 0]) % 3 == 0)
    if in_frame.mean() < MIN_IN_FRAME or (alignment.at[-1] - len(alignment.at) + 1) % 3 != 0:
        return f"frameshift, {in_frame.mean():.0%} of it in frame"
    same = in_frame & (_translated(alignment.part[bases]) == _translated(alignment.place[at]))
    changed = ~same + alignment.inserted[bases].sum(axis=1) // 3
    return _changed_window(changed, CODON_WINDOW, CHANGED_CODONS, "codon")


def part_defect(feature_class: FeatureClass, alignment: Alignment | None) -> str:
    """What is broken in an origin, promoter or terminator that is not a fragment; empty if it is whole."""
    if alignment is None or feature_class not in WINDOW:
        return ""
    return _changed_window(alignment.changed, *WINDOW[feature_class], "base")


def fragment_defect(coverage: float) -> str:
    """That a feature is a fragment; empty if it is none."""
    return f"fragment, {coverage:.0%} of it" if coverage < FRAGMENT_COVERAGE else ""


def _translated(codons: Codes) -> NDArray[np.int64]:
    """Amino acids of codons of shape [n, 3] as character codes; an unknown base makes the codon unlike any."""
    known = (codons != UNKNOWN).all(axis=1)
    a, b, c = (codons & 3).T.astype(np.int64)
    return np.where(known, _AMINO_ACID[16 * a + 4 * b + c], -1)


def _changed_window(changed: NDArray[np.int64], size: int, limit: int, unit: str) -> str:
    """The window of `size` with the most changes, in words, if these reach the limit."""
    if len(changed) < size:
        return ""
    sums = np.convolve(changed, np.ones(size, dtype=np.int64), "valid")
    worst = int(sums.argmax())
    return f"changed at {unit} {worst + 1} to {worst + size}" if sums[worst] >= limit else ""
