"""Collapse: completions that no longer differ from each other."""

from collections.abc import Sequence
from itertools import combinations

from agent.health.finding import Finding

KMER = 16
"""Letters per k-mer: 4-mers of DNA saturate (only 256 exist), 16-mers tell molecules apart."""


def unique_fraction(texts: Sequence[str]) -> float:
    """Share of distinct texts, in [0, 1]; 1 for no text at all."""
    return len(set(texts)) / len(texts) if texts else 1.0


def kmer_similarity(texts: Sequence[str], k: int = KMER) -> float:
    """Mean pairwise Jaccard similarity of the k-mer sets of `texts`, in [0, 1]; 0 for fewer than two texts.

    A text shorter than `k` counts as one k-mer, itself.
    """
    sets = [{text[i : i + k] for i in range(max(1, len(text) - k + 1))} for text in texts]
    pairs = [len(a & b) / len(a | b) for a, b in combinations(sets, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def collapse(
    texts: Sequence[str], starter_texts: Sequence[str], unique_min: float, similarity_max: float, step: int
) -> Finding | None:
    """Find a loss of diversity, judged against the starting model's own completions of the same prompts.

    Args:
        texts: held-out completions now.
        starter_texts: those of the starting model.
        unique_min: least share of distinct texts, as a fraction of the starter's share.
        similarity_max: greatest mean pairwise k-mer similarity; at least the starter's own.
        step: training step of `texts`.
    """
    unique, starter_unique = unique_fraction(texts), unique_fraction(starter_texts)
    if unique < unique_min * starter_unique:
        return Finding(
            "collapsed", step, f"{unique:.0%} of completions are distinct (starter: {starter_unique:.0%})"
        )
    similarity, starter_similarity = kmer_similarity(texts), kmer_similarity(starter_texts)
    if similarity > max(similarity_max, starter_similarity):
        return Finding(
            "collapsed",
            step,
            f"completions share {similarity:.0%} of their {KMER}-mers (starter: {starter_similarity:.0%})",
        )
    return None
