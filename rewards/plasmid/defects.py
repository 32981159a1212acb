"""What keeps a feature from working: a missing piece, a broken reading frame, a changed stretch.

Defects that only an experiment shows are out of reach: a changed active site leaves the frame open and
counts as whole.
"""

from typing import NamedTuple

import edlib
import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.engine.bases import Codes, decode
from rewards.plasmid.features import FRAGMENT_COVERAGE, FeatureClass

WINDOW = {"ori": (40, 16), "promoter": (12, 4), "terminator": (12, 5)}
"""Per class: window in bases of the library feature, and changed bases in it from which the part is broken.

At 5 % random substitutions no origin has such a window, and one promoter of 100 bases in 20.
"""

MIN_IN_FRAME = 0.97
"""Share of a gene's bases that must be aligned in its own reading frame."""


class Alignment(NamedTuple):
    """A library feature aligned with its place on the plasmid, in the feature's own direction.

    Attributes:
        matched: Whether each base of the aligned part is the same on the plasmid; shape [part].
        shift: Bases inserted minus bases deleted on the plasmid before each base; shape [part].
    """

    matched: NDArray[np.bool_]
    shift: NDArray[np.int64]


def align(place: Codes, part: Codes, strand: int) -> Alignment:
    """Global alignment of a place on the plasmid with the part of the feature that was found there.

    Args:
        place: Bases of the + strand of the plasmid, shape [span].
        part: Bases of the feature on the same strand, shape [part].
        strand: Strand of the feature; -1 turns the result round.
    """
    path = edlib.align(decode(part), decode(place), mode="NW", task="path")["cigar"]
    matched = np.zeros(len(part), dtype=np.bool_)
    shift = np.zeros(len(part), dtype=np.int64)
    at, moved, count = 0, 0, 0
    for letter in path:
        if letter.isdigit():
            count = 10 * count + int(letter)
            continue
        if letter == "D":  # bases of the plasmid that the part lacks
            moved += count
        else:
            matched[at : at + count] = letter == "="
            shift[at : at + count] = moved
            at += count
            moved -= count if letter == "I" else 0
        count = 0
    if strand < 0:
        matched, shift = matched[::-1], moved - shift[::-1]
    return Alignment(matched, shift)


def defect_of(
    feature_class: FeatureClass, coverage: float, reading: float, alignment: Alignment | None
) -> str:
    """What is broken in a feature, in a few words; empty if it is whole.

    Args:
        feature_class: Class of the feature.
        coverage: Share of the library feature that is aligned.
        reading: From `engine.reading_frame.read_share`; 1 for everything but genes.
        alignment: How the feature lies on the plasmid; None if every base is the same.
    """
    if coverage < FRAGMENT_COVERAGE:
        return f"fragment, {coverage:.0%} of it"
    if reading <= 0.0:
        return "no start codon"
    if reading < 1.0:
        return f"stop codon after {reading:.0%} of it"
    if alignment is None:
        return ""
    if feature_class in ("marker", "cds"):
        in_frame = float((alignment.shift % 3 == 0).mean())
        return "" if in_frame >= MIN_IN_FRAME else f"frameshift, {in_frame:.0%} of it in frame"
    size, limit = WINDOW.get(feature_class, (0, 0))
    if size and len(alignment.matched) >= size:
        changed = np.convolve(~alignment.matched, np.ones(size, dtype=np.int64), "valid")
        if changed.max() >= limit:
            return f"changed at base {int(changed.argmax()) + 1} to {int(changed.argmax()) + size}"
    return ""
