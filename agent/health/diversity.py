"""Diversity: how much completions differ as a whole, in their beginnings and in their parts."""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from rewards.plasmid.engine.bases import encode
from rewards.plasmid.quality.kmers import distinct_kmers

KMER = 16
"""Bases per k-mer. Any two molecules share most of the 256 4-mers; few unrelated ones share 16-mers."""

FIRST_BASES = 50
"""Number of bases that are the beginning of a DNA sequence. The beginning of a text is its first sentence."""

COMMON_WORDS = 30
"""Number of the starting model's most frequent words that a template keeps. Other words become open slots."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """Diversity of a set of completions; every value is in [0, 1].

    Attributes:
        unique_fraction: Share of distinct completions. Two readings of one circle of DNA, in different
            rotations or of different strands, are not distinct.
        unique_starts: Share of distinct first sentences, or first 50 bases.
        similarity: Mean pairwise Jaccard similarity of all completions: of words for text, of canonical
            16-mers around the circle for DNA.
        prompt_similarity: The same for pairs of completions of one prompt, averaged over prompts, since those
            of different prompts differ even after a collapse. 0 if each prompt has one completion.
        template_share: Share of sentences that fit the most frequent template; 0 for DNA.
    """

    unique_fraction: float
    unique_starts: float
    similarity: float
    prompt_similarity: float
    template_share: float


def measure(samples: Sequence[str], start: Sequence[str], group: int = 1) -> Diversity:
    """The diversity of completions, measured as text or as DNA, whichever the starting model writes.

    Args:
        samples: The completions; those of one prompt are consecutive.
        start: Completions of the starting model, whose most frequent words are the common ones.
        group: Completions per prompt.
    """
    dna = is_dna(start)
    starts = [text[:FIRST_BASES] for text in samples] if dna else [_first_sentence(t) for t in samples]
    parts = [kmers(text) if dna else words(text) for text in samples]
    return Diversity(
        unique_fraction=unique_fraction(parts if dna else samples),
        unique_starts=unique_fraction(starts),
        similarity=mean_overlap(parts),
        prompt_similarity=mean_overlap_within(parts, group),
        template_share=0.0 if dna else template_share(samples, start),
    )


def unique_fraction(texts: Sequence[Hashable]) -> float:
    """Share of distinct texts, or sets of their parts, in [0, 1]; 1 if there are none."""
    return len(set(texts)) / len(texts) if texts else 1.0


def prompt_similarity(texts: Sequence[str], group: int) -> float:
    """Mean pairwise Jaccard similarity of the texts of one prompt, in [0, 1]; see `Diversity`.

    Args:
        texts: Completions; those of one prompt are consecutive.
        group: Completions per prompt.
    """
    dna = is_dna(texts)
    return mean_overlap_within([kmers(text) if dna else words(text) for text in texts], group)


def mean_overlap(sets: Sequence[AbstractSet[Hashable]]) -> float:
    """Mean pairwise Jaccard similarity of `sets`, in [0, 1]; 0 for fewer than two sets.

    The similarity of two empty sets is 1.
    """
    pairs = [_jaccard(a, b) for a, b in combinations(sets, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def _jaccard(a: AbstractSet[Hashable], b: AbstractSet[Hashable]) -> float:
    shared = len(a & b)
    either = len(a) + len(b) - shared
    return shared / either if either else 1.0


def mean_overlap_within(sets: Sequence[AbstractSet[Hashable]], group: int) -> float:
    """Mean of `mean_overlap` over groups of `group` consecutive sets, in [0, 1]; 0 if `group` is 1."""
    overlaps = [mean_overlap(sets[first : first + group]) for first in range(0, len(sets), group)]
    return sum(overlaps) / len(overlaps) if overlaps else 0.0


def kmers(text: str) -> frozenset[Hashable]:
    """The distinct canonical k-mers of a circle of DNA: equal for all rotations of both strands."""
    return frozenset(distinct_kmers(encode(text), KMER).tolist())


def words(text: str) -> frozenset[Hashable]:
    """The distinct words of `text`, in lower case."""
    return frozenset(_words(text))


def template_share(samples: Sequence[str], start: Sequence[str]) -> float:
    """Share of the sentences in `samples` that fit the most frequent template, in [0, 1].

    A template is a sentence whose uncommon words are replaced by open slots. Completions that fill one
    template with different words are distinct and share few words, so that the other measures miss them.
    """
    counts = Counter(word for text in start for word in _words(text))
    # Words of equal frequency are in alphabetical order, so that equal samples give equal templates.
    common = {word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:COMMON_WORDS]}
    templates = Counter(_template(sentence, common) for text in samples for sentence in _sentences(text))
    return max(templates.values(), default=0) / max(1, templates.total())


def is_dna(samples: Sequence[str]) -> bool:
    """Whether at least nine in ten characters of the samples are bases (A, C, G, T or N)."""
    letters = "".join(samples).upper()
    return bool(letters) and sum(letters.count(base) for base in "ACGTN") >= 0.9 * len(letters)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower())


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[.?!]+", text) if part.strip()]


def _first_sentence(text: str) -> str:
    return (_sentences(text) or [""])[0]


def _template(sentence: str, common: AbstractSet[str]) -> str:
    """The sentence with `_` for each uncommon word; unchanged if no word is common."""
    words = _words(sentence)
    kept = [word if word in common else "_" for word in words]
    return " ".join(kept if any(word in common for word in words) else words)
