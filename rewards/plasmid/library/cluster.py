"""Clusters library features: sequences of one class that are at least 90 % identical become one."""

from collections import defaultdict
from collections.abc import Iterable

from rewards.plasmid.engine.bases import reverse_complement_text
from rewards.plasmid.library.entry import LibraryFeature

MIN_IDENTITY = 0.90
"""Identity from which two sequences are the same feature."""

MIN_SHARE = 0.65
"""Share of a sequence that a representative inside it must make up for the sequence to be left out."""

_WORD = 8


def _words(sequence: str) -> set[str]:
    return {sequence[i : i + _WORD] for i in range(len(sequence) - _WORD + 1)}


def _is_represented(sequence: str, representative: str) -> bool:
    """Whether a sequence is its representative, or contains it with flanks that make up at most 35 %."""
    import edlib

    length = len(representative)
    if len(sequence) < MIN_IDENTITY * length or length < MIN_SHARE * len(sequence):
        return False
    max_edits = int((1.0 - MIN_IDENTITY) * length)
    aligned = edlib.align(representative, sequence, mode="HW", task="distance", k=max_edits)
    return bool(aligned["editDistance"] >= 0)


def cluster(features: Iterable[LibraryFeature]) -> list[LibraryFeature]:
    """Representatives of the clusters, in the order of `features`.

    Greedy: a feature is left out if a representative of its class already represents it on either strand.
    Otherwise it becomes a representative itself, with its own name and orientation.

    Args:
        features: Library features, most trusted first. Sequences with letters other than A, C, G, T are left
            out.
    """
    representatives: list[LibraryFeature] = []
    by_word: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    added: set[tuple[str, str]] = set()
    for feature in features:
        sequence = feature.sequence.upper()
        if set(sequence) - set("ACGT") or (feature.feature_class, sequence) in added:
            continue
        reverse = reverse_complement_text(sequence)
        added |= {(feature.feature_class, sequence), (feature.feature_class, reverse)}
        words = _words(sequence) | _words(reverse)
        candidates = sorted({i for word in words for i in by_word[feature.feature_class, word]})
        if any(
            _is_represented(sequence, representatives[i].sequence)
            or _is_represented(reverse, representatives[i].sequence)
            for i in candidates
        ):
            continue
        for word in _words(sequence):
            by_word[feature.feature_class, word].append(len(representatives))
        representatives.append(LibraryFeature(feature.name, feature.feature_class, sequence, feature.source))
    return representatives
