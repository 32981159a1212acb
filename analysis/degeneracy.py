"""Degenerate text and DNA, from logged samples, always against the starting model's own samples.

A fixed threshold does not do: samples that fill one template with different words are all distinct and share
few words, so counting distinct samples and overlap of words misses them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from agent.health.diversity import kmer_similarity, unique_fraction
from analysis.finding import Finding, Kind

COMMON_WORDS = 30
"""The starting model's most frequent words, which a sentence's template keeps; the rest become slots."""

TEMPLATE_MIN = 0.3
"""Share of all sentences that one template must exceed..."""

TEMPLATE_RATIO = 3.0
"""...and how many times the share of the starting model's own foremost template."""

UNIQUE_RATIO = 0.5
"""Least share of distinct samples, or of distinct first sentences, as a fraction of the starting model's."""

SIMILARITY_MARGIN = 0.25
"""How far the mean overlap of two samples may rise above the starting model's."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """How much a set of samples varies; every field in [0, 1].

    Attributes:
        unique: share of distinct samples.
        unique_starts: share of distinct first sentences.
        similarity: mean pairwise Jaccard overlap: of words for text, of 16-mers for DNA.
        template: share of sentences that fit the most frequent template; 0 for DNA.
    """

    unique: float
    unique_starts: float
    similarity: float
    template: float


def text_diversity(samples: Sequence[str], start: Sequence[str]) -> Diversity:
    """Measures text samples; `start` (the starting model's) says which words are common."""
    counts = Counter(word for text in start for word in _words(text))
    # Ties in frequency fall by the alphabet, so that the same samples give the same templates.
    common = {word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMMON_WORDS]}
    templates = Counter(_template(sentence, common) for text in samples for sentence in _sentences(text))
    words = [set(_words(text)) for text in samples]
    overlaps = [len(a & b) / len(a | b) for a, b in combinations(words, 2) if a | b]
    return Diversity(
        unique=unique_fraction(samples),
        unique_starts=unique_fraction([(_sentences(text) or [""])[0] for text in samples]),
        similarity=sum(overlaps) / len(overlaps) if overlaps else 0.0,
        template=max(templates.values(), default=0) / max(1, templates.total()),
    )


def dna_diversity(samples: Sequence[str]) -> Diversity:
    """Measures DNA samples: 16-mers, since there are too few short ones to differ; the start is 50 bases."""
    return Diversity(
        unique=unique_fraction(samples),
        unique_starts=unique_fraction([text[:50] for text in samples]),
        similarity=kmer_similarity(samples),
        template=0.0,
    )


def is_dna(samples: Sequence[str]) -> bool:
    """Whether nine in ten letters of the samples are bases and none of the samples has words."""
    letters = "".join(samples).upper()
    return bool(letters) and sum(letters.count(base) for base in "ACGTN") >= 0.9 * len(letters)


def degenerate(samples: Sequence[str], start: Sequence[str], step: int) -> Finding | None:
    """Judges samples drawn at a training step against the starting model's; None where they are sound."""
    if not samples or not start:
        return None
    if is_dna(start):
        now, then = dna_diversity(samples), dna_diversity(start)
    else:
        now, then = text_diversity(samples, start), text_diversity(start, start)
    checks = (
        (now.unique < UNIQUE_RATIO * then.unique, "distinct samples", now.unique, then.unique),
        (
            now.unique_starts < UNIQUE_RATIO * then.unique_starts,
            "distinct first sentences",
            now.unique_starts,
            then.unique_starts,
        ),
        (
            now.template > max(TEMPLATE_MIN, TEMPLATE_RATIO * then.template),
            "sentences of one template",
            now.template,
            then.template,
        ),
        (
            now.similarity > then.similarity + SIMILARITY_MARGIN,
            "overlap of samples",
            now.similarity,
            then.similarity,
        ),
    )
    found = [
        f"{what} {value:.0%} (starting model: {before:.0%})" for bad, what, value, before in checks if bad
    ]
    return Finding(Kind.COLLAPSED, step, "; ".join(found)) if found else None


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[.?!]+", text) if part.strip()]


def _template(sentence: str, common: set[str]) -> str:
    """The sentence with its uncommon words as slots; itself where it has no common word to tell it by."""
    words = _words(sentence)
    kept = [word if word in common else "_" for word in words]
    return " ".join(kept if any(word in common for word in words) else words)
