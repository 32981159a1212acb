"""Clustering: sequences of one class that are 90 % alike over their whole length become one feature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rewards.plasmid.library.entry import LibraryFeature

MIN_ALIKE = 0.90
_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_WORD = 8


def _words(sequence: str) -> set[str]:
    return {sequence[i : i + _WORD] for i in range(len(sequence) - _WORD + 1)}


def _alike(sequence: str, other: str) -> bool:
    """Whether the edit distance of the two, over the longer length, leaves at least ``MIN_ALIKE``."""
    import edlib

    longest = max(len(sequence), len(other))
    if min(len(sequence), len(other)) < MIN_ALIKE * longest:
        return False
    most = int((1.0 - MIN_ALIKE) * longest)
    return bool(edlib.align(sequence, other, mode="NW", task="distance", k=most)["editDistance"] >= 0)


def cluster(features: Iterable[LibraryFeature]) -> list[LibraryFeature]:
    """Representatives of the clusters, in the order of their first members.

    Greedy: a feature joins the first representative of its class that it is like on either strand; the
    representative keeps its own name, class and orientation.

    Args:
        features: Library features in order of trust; a sequence that is not all A, C, G, T is left out.
    """
    representatives: list[LibraryFeature] = []
    by_word: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    known: set[tuple[str, str]] = set()
    for feature in features:
        sequence = feature.sequence.upper()
        if set(sequence) - set("ACGT") or (feature.feature_class, sequence) in known:
            continue
        reverse = sequence.translate(_COMPLEMENT)[::-1]
        known |= {(feature.feature_class, sequence), (feature.feature_class, reverse)}
        words = _words(sequence) | _words(reverse)
        candidates = sorted({i for word in words for i in by_word[feature.feature_class, word]})
        if any(
            _alike(sequence, representatives[i].sequence) or _alike(reverse, representatives[i].sequence)
            for i in candidates
        ):
            continue
        for word in _words(sequence):
            by_word[feature.feature_class, word].append(len(representatives))
        representatives.append(LibraryFeature(feature.name, feature.feature_class, sequence, feature.source))
    return representatives
