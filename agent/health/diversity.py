"""How much completions differ from each other: as a whole, in how they begin, in what they are made of."""

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

KMER = 16
"""Letters per k-mer: 4-mers of DNA saturate (only 256 exist), 16-mers tell molecules apart."""

FIRST_BASES = 50
"""Bases that count as the beginning of a DNA sequence, as the first sentence does of a text."""

COMMON_WORDS = 30
"""The starting model's most frequent words, which a sentence's template keeps; the rest become slots."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """How much a set of samples varies; every field in [0, 1].

    Attributes:
        unique_fraction: Share of distinct samples.
        unique_starts: Share of distinct first sentences, or first 50 bases.
        similarity: Mean pairwise Jaccard overlap of all samples: of words for text, of 16-mers for DNA.
        prompt_similarity: The same over pairs of samples of one prompt: pairs of different prompts differ
            whatever happens. 0 where each prompt has one sample.
        template_share: Share of sentences that fit the most frequent template; 0 for DNA.
    """

    unique_fraction: float
    unique_starts: float
    similarity: float
    prompt_similarity: float
    template_share: float


def measure(samples: Sequence[str], start: Sequence[str], group: int = 1) -> Diversity:
    """Measure samples as text or as DNA, whichever the starting model writes.

    Args:
        samples: The samples of a prompt side by side.
        start: The starting model's own; they also say which words are common.
        group: Samples per prompt.
    """
    dna = is_dna(start)
    starts = [text[:FIRST_BASES] for text in samples] if dna else [_first_sentence(t) for t in samples]
    parts = [kmers(text) if dna else words(text) for text in samples]
    return Diversity(
        unique_fraction=unique_fraction(samples),
        unique_starts=unique_fraction(starts),
        similarity=mean_overlap(parts),
        prompt_similarity=mean_overlap_within(parts, group),
        template_share=0.0 if dna else template_share(samples, start),
    )


def unique_fraction(texts: Sequence[str]) -> float:
    """Share of distinct texts, in [0, 1]; 1 for no text at all."""
    return len(set(texts)) / len(texts) if texts else 1.0


def prompt_similarity(texts: Sequence[str], group: int) -> float:
    """Mean pairwise Jaccard overlap within prompts; see `Diversity`."""
    dna = is_dna(texts)
    return mean_overlap_within([kmers(text) if dna else words(text) for text in texts], group)


def mean_overlap(sets: Sequence[AbstractSet[str]]) -> float:
    """Mean pairwise Jaccard similarity, in [0, 1]; two empty sets are equal. 0 for fewer than two sets."""
    pairs = [_jaccard(a, b) for a, b in combinations(sets, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def _jaccard(a: AbstractSet[str], b: AbstractSet[str]) -> float:
    shared = len(a & b)
    either = len(a) + len(b) - shared
    return shared / either if either else 1.0


def mean_overlap_within(sets: Sequence[AbstractSet[str]], group: int) -> float:
    """Mean over groups of `group` consecutive sets of their mean overlap; 0 where groups hold one."""
    overlaps = [mean_overlap(sets[first : first + group]) for first in range(0, len(sets), group)]
    return sum(overlaps) / len(overlaps) if overlaps else 0.0


def kmers(text: str, k: int = KMER) -> frozenset[str]:
    """The k-mers of a text; one shorter than `k` counts as one k-mer, itself."""
    return frozenset(text[i : i + k] for i in range(max(1, len(text) - k + 1)))


def words(text: str) -> frozenset[str]:
    """The words of a text, in lower case."""
    return frozenset(_words(text))


def template_share(samples: Sequence[str], start: Sequence[str]) -> float:
    """Share of all sentences that fit the most frequent template.

    Samples that fill one template with different words are all distinct and share few words: counting
    distinct samples and overlap of words misses them.
    """
    counts = Counter(word for text in start for word in _words(text))
    # Ties in frequency fall by the alphabet, so that the same samples give the same templates.
    common = {word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMMON_WORDS]}
    templates = Counter(_template(sentence, common) for text in samples for sentence in _sentences(text))
    return max(templates.values(), default=0) / max(1, templates.total())


def is_dna(samples: Sequence[str]) -> bool:
    """Whether nine in ten letters of the samples are bases and none of the samples has words."""
    letters = "".join(samples).upper()
    return bool(letters) and sum(letters.count(base) for base in "ACGTN") >= 0.9 * len(letters)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[.?!]+", text) if part.strip()]


def _first_sentence(text: str) -> str:
    return (_sentences(text) or [""])[0]


def _template(sentence: str, common: AbstractSet[str]) -> str:
    """The sentence with its uncommon words as slots; itself where it has no common word to tell it by."""
    words = _words(sentence)
    kept = [word if word in common else "_" for word in words]
    return " ".join(kept if any(word in common for word in words) else words)
