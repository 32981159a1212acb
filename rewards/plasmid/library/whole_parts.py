"""What the library takes in: whole parts, each on its own strand, none of which holds another one.

Data packages file pieces and composites under the name of one part. A piece would count as a whole feature,
and a composite would hide the part that it holds.
"""

from collections.abc import Iterable
from dataclasses import replace

import edlib

from rewards.plasmid.engine.bases import reverse_complement_text
from rewards.plasmid.library.entry import LibraryFeature

STARTS = ("ATG", "GTG", "TTG")
STOPS = ("TAA", "TAG", "TGA")

PIECE_IDENTITY = 0.90
"""Identity from which one entry is found in another."""

LONGER = 1.05
"""Length from which another entry that holds this one makes it a piece, relative to this one."""

MIN_INNER_ORI = 300
"""Bases from which an origin inside a longer entry makes that a composite; shorter ones are minimal cores."""

MIN_PART = 80
"""Bases that must remain of a composite."""


def open_frame(sequence: str, needs_stop: bool) -> str:
    """A sequence that is one reading frame from a start codon, up to its first stop codon; else empty.

    Args:
        sequence: Upper-case letters.
        needs_stop: Whether it must end with stop codons; genes of kits, which are made to be fused, do not.
    """
    codons = [sequence[i : i + 3] for i in range(0, len(sequence), 3)]
    last = len(codons)
    while last > 0 and codons[last - 1] in STOPS:
        last -= 1
    is_open = (
        len(sequence) % 3 == 0
        and last > 0
        and codons[0] in STARTS
        and not any(codon in STOPS for codon in codons[:last])
        and (last < len(codons) or not needs_stop)
    )
    return sequence[: 3 * (last + 1)] if is_open else ""


def whole_parts(features: Iterable[LibraryFeature]) -> list[LibraryFeature]:
    """Library features that are whole parts, in the given order.

    Markers and coding sequences that are no open reading frame from a start codon are left out, and so are
    genes and origins that are a piece of an earlier one. Coding sequences written on the other strand are
    turned round. An origin that holds an earlier origin of `MIN_INNER_ORI` bases or more is a composite: the
    inner one is cut out, and the rest is kept if the name says that it is an origin too (`pRO1600/ColE1`).
    """
    kept: list[LibraryFeature] = []
    for feature in features:
        feature = replace(feature, sequence=feature.sequence.upper())
        if feature.feature_class in ("marker", "cds"):
            needs_stop = feature.feature_class == "marker"
            reverse = reverse_complement_text(feature.sequence)
            frame = open_frame(feature.sequence, needs_stop) or open_frame(reverse, needs_stop)
            if not frame:
                continue
            feature = replace(feature, sequence=frame)
        if feature.feature_class in ("marker", "cds", "ori") and any(
            len(other.sequence) > LONGER * len(feature.sequence)
            and _found_in(feature.sequence, other.sequence)
            for other in kept
            if other.feature_class == feature.feature_class
        ):
            continue
        if feature.feature_class == "ori":
            rest = _without_inner_ori(feature, kept)
            if rest is None:
                continue
            feature = rest
        kept.append(feature)
    return kept


def _found_in(piece: str, sequence: str) -> tuple[int, int] | None:
    """Where a piece lies in a sequence, start and end, at `PIECE_IDENTITY` or more on either strand."""
    for text in (piece, reverse_complement_text(piece)):
        edits = int((1 - PIECE_IDENTITY) * len(text))
        found = edlib.align(text, sequence, mode="HW", task="locations", k=edits)
        if found["editDistance"] >= 0:
            start, end = found["locations"][0]
            return int(start), int(end) + 1
    return None


def _without_inner_ori(feature: LibraryFeature, known: list[LibraryFeature]) -> LibraryFeature | None:
    """The origin itself, the rest of a composite, or None if the rest is no origin of its own."""
    for other in known:
        inner = other.sequence
        if other.feature_class != "ori" or not MIN_INNER_ORI <= len(inner) < 0.65 * len(feature.sequence):
            continue
        place = _found_in(inner, feature.sequence)
        if place is None:
            continue
        first, _, second = feature.name.partition("/")
        rest = max(feature.sequence[: place[0]], feature.sequence[place[1] :], key=len)
        if not second or len(rest) < MIN_PART:
            return None
        return replace(feature, name=f"{first} ori", sequence=rest)
    return feature
