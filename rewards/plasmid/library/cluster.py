"""Clustering: sequences of a class that are 90 % alike become one, and so do known ones with flanks."""

from collections import defaultdict
from collections.abc import Iterable

from rewards.plasmid.library.entry import LibraryFeature

MIN_ALIKE = 0.90
MIN_SHARE = 0.65
"""Share of a longer sequence that a known one must make up for the longer one to be left out."""

_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_WORD = 8


def _words(sequence: str) -> set[str]:
    return {sequence[i : i + _WORD] for i in range(len(sequence) - _WORD + 1)}


def _adds_nothing(sequence: str, known: str) -> bool:
    """Whether a sequence is a known one, or a known one with flanks that make up at most 35 % of it."""
    import edlib

    if len(sequence) < MIN_ALIKE * len(known) or len(known) < MIN_SHARE * len(sequence):
        return False
    most = int((1.0 - MIN_ALIKE) * len(known))
    return bool(edlib.align(known, sequence, mode="HW", task="distance", k=most)["editDistance"] >= 0)


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
            _adds_nothing(sequence, representatives[i].sequence)
            or _adds_nothing(reverse, representatives[i].sequence)
            for i in candidates
        ):
            continue
        for word in _words(sequence):
            by_word[feature.feature_class, word].append(len(representatives))
        representatives.append(LibraryFeature(feature.name, feature.feature_class, sequence, feature.source))
    return representatives
