"""Modules of plasmids: stretches between unannotated gaps, such as a marker with its promoter."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rewards.plasmid.annotator import Annotation
from rewards.plasmid.components.filler import SHORTEST_GENE
from rewards.plasmid.components.ori import is_bacterial_ori
from rewards.plasmid.engine.bases import decode
from rewards.plasmid.families import family_of
from rewards.plasmid.features import UNKNOWN_GENE, Feature
from rewards.plasmid.geometry import positions_of
from rewards.plasmid.selection import is_bacterial_marker

Kind = Literal["origin", "marker", "cargo", "backbone"]
"""`backbone` has origins and markers, `cargo` has neither."""

MIN_GAP = 8
"""Bases without a feature from which a plasmid is cut, in their middle."""

LONGEST_PIECE = 100
"""Maximum bases per piece. A longer one saves tokens; a shorter one is shared by more modules."""


@dataclass(frozen=True)
class Module:
    """A stretch of a plasmid that can be exchanged for another.

    Attributes:
        pieces: Its sequence, cut where features start and end and at every `LONGEST_PIECE` bases.
        kind: What it holds.
        family: Families of its whole bacterial origins, or of its markers if it has no origin, joined with
            `+`; empty for cargo.
    """

    pieces: tuple[str, ...]
    kind: Kind
    family: str

    @property
    def sequence(self) -> str:
        """The sequence, upper case, as the plasmid is written."""
        return "".join(self.pieces)


def modules_of(annotation: Annotation) -> tuple[Module, ...]:
    """The modules of a circle in order. Their sequences together are a rotation of it.

    A circle without a gap between features is one module.
    """
    length = annotation.length
    features = [f for f in annotation.features if f.name != UNKNOWN_GENE or _is_gene(f)]
    covered = np.zeros(length, dtype=np.bool_)
    for feature in features:
        covered[positions_of(feature, length)] = True
    cuts = _middles_of_gaps(covered)
    edges = sorted({edge % length for f in features for edge in (f.start, f.end)} | set(cuts))
    around = decode(annotation.codes).decode() * 2
    modules = []
    for start, end in pairwise([*cuts, cuts[0] + length]):
        inner = [e for edge in edges for e in (edge, edge + length) if start < e < end]
        pieces = tuple(
            around[place : min(place + LONGEST_PIECE, stop)]
            for begin, stop in pairwise([start, *sorted(inner), end])
            for place in range(begin, stop, LONGEST_PIECE)
        )
        inside = [f for f in features if not f.defect and (f.start - start) % length < end - start]
        modules.append(Module(pieces, *_content(inside, annotation)))
    return tuple(modules)


def _is_gene(feature: Feature) -> bool:
    return not feature.defect and feature.span >= SHORTEST_GENE


def _middles_of_gaps(covered: NDArray[np.bool_]) -> list[int]:
    """The middle of each stretch of `MIN_GAP` or more uncovered bases around a circle, sorted; or base 0."""
    length = len(covered)
    ends = np.flatnonzero(covered & ~np.roll(covered, 1))  # the first covered base behind each gap
    starts = np.flatnonzero(~covered & np.roll(covered, 1))
    middles = []
    for end in ends.tolist():
        gap = min((end - start) % length for start in starts.tolist())
        if gap >= MIN_GAP:
            middles.append((end - gap // 2 - gap % 2) % length)
    return sorted(middles) or [0]


def _content(features: list[Feature], annotation: Annotation) -> tuple[Kind, str]:
    """Kind and family of a module with these whole features."""
    origins = [family_of(f.name, "ori").name for f in features if is_bacterial_ori(f)]
    markers = [family_of(f.name, "marker").name for f in features if is_bacterial_marker(f, annotation)]
    if origins:
        return ("backbone" if markers else "origin"), "+".join(sorted(origins))
    return ("marker" if markers else "cargo"), "+".join(sorted(markers))
