"""Quality control of samples: a yes or no that stands beside the reward, and its figures for a batch.

A task that declares a `Quality` logs these figures at every rung; a run never trains on them.
"""

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rewards.base import Sample


@dataclass(frozen=True, slots=True)
class Verdict:
    """The quality control of one sample.

    Attributes:
        passed: Whether it passes.
        published: Whether it passes the rule as it was published, for comparison with the literature.
        types: Kind of part → types of this kind in the sample; the kinds are those of its `Quality`.
        reason: Why it does not pass; empty if it does.
    """

    passed: bool
    published: bool
    types: Mapping[str, tuple[str, ...]]
    reason: str


@dataclass(frozen=True, slots=True)
class Originality:
    """How far a sample differs from the samples that the model may have memorised.

    Attributes:
        novelty: Share of its pieces that none of them has, in [0, 1].
        near_copy: Whether it is nearly the same as one of them, or as a part of one.
        pieces: Number of its distinct pieces, at least 1.
    """

    novelty: float
    near_copy: bool
    pieces: int


class Quality(ABC):
    """The quality control of a task.

    Attributes:
        kinds: Kinds of parts whose types are counted, such as `origin`; they are part of metric names.
    """

    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        """One verdict per sample, in order."""

    @abstractmethod
    def clusters(self, samples: Sequence[Sample]) -> list[int]:
        """One number per sample, in order; samples that are nearly the same have the same number."""

    @abstractmethod
    def originality(self, samples: Sequence[Sample]) -> list[Originality | None]:
        """One result per sample, in order; None if a sample is too short to compare."""

    @abstractmethod
    def pieces(self, samples: Sequence[Sample]) -> list[NDArray[np.uint64]]:
        """The distinct pieces of each sample, in order, as numbers: equal pieces have equal numbers."""


@dataclass(frozen=True)
class QualityScores:
    """The quality control of B samples.

    Attributes:
        verdicts: [B] verdicts.
        clusters: [B] numbers, from 1, of the cluster of each passing sample, 1 for the largest; None for
            samples that do not pass.
        figures: Name without `qc/` → value; see the table of metrics. Values of nothing are left out.
    """

    verdicts: list[Verdict]
    clusters: list[int | None]
    figures: dict[str, float]


def quality_scores(quality: Quality, samples: Sequence[Sample]) -> QualityScores:
    """Verdicts, clusters and figures of a batch of at least one sample."""
    verdicts = quality.verdicts(samples)
    passed = [index for index, verdict in enumerate(verdicts) if verdict.passed]
    numbers = _by_size(quality.clusters([samples[index] for index in passed]))
    clusters: list[int | None] = [None] * len(samples)
    for index, number in zip(passed, numbers, strict=True):
        clusters[index] = number
    sizes = Counter(numbers)
    figures = {
        "pass_rate": len(passed) / len(samples),
        "published_pass_rate": sum(verdict.published for verdict in verdicts) / len(samples),
        "distinct_pass_rate": len(sizes) / len(samples),
        "passed": float(len(passed)),
        "distinct": float(len(sizes)),
        "effective": effective_number(sizes.values()),
        "top_share": max(sizes.values(), default=0) / max(1, len(passed)),
    }
    if len(passed) > 1:
        figures["coincidence"] = coincidence(sizes.values())
    for kind in quality.kinds:
        types = Counter(name for index in passed for name in verdicts[index].types[kind])
        figures[f"{kind}_types"] = float(len(types))
        figures[f"{kind}_entropy"] = math.log(effective_number(types.values()) or 1.0)
        figures |= {f"{kind}/{name}": count / types.total() for name, count in sorted(types.items())}
    originality = quality.originality(samples)
    known = [found for found in originality if found is not None]
    passing = [found for index in passed if (found := originality[index]) is not None]
    if passing:
        figures["passing_novelty"] = pooled_novelty(passing)
    if known:
        figures["novelty"] = pooled_novelty(known)
        figures["near_copies"] = sum(found.near_copy for found in known) / len(known)
    return QualityScores(verdicts, clusters, figures)


def pooled_novelty(samples: Sequence[Originality]) -> float:
    """Share of the pieces of at least one sample that the model was not trained on, in [0, 1].

    It is a share of all pieces, not a mean over samples. Most pieces of a short sample touch its prompt,
    which is new because it is held out: in a mean, fragments would count as much as plasmids.
    """
    return sum(found.novelty * found.pieces for found in samples) / sum(found.pieces for found in samples)


def rarity(pieces: Sequence[NDArray[np.uint64]], exponent: float) -> NDArray[np.float64]:
    """[B] mean over a sample's pieces of n^-exponent, in (0, 1]; n samples of the batch have the piece.

    1 for a sample that shares nothing, and for one without pieces. Source: fitness sharing (Goldberg and
    Richardson, 1987), by which a population keeps several kinds of solutions.

    Args:
        pieces: The distinct pieces of each of B samples.
        exponent: At least 0. At 0 all values are 1; at 1, n equal samples have 1/n each.
    """
    sizes = np.array([len(part) for part in pieces])
    if not sizes.sum():
        return np.ones(len(pieces))
    _, place, counts = np.unique(np.concatenate(pieces), return_inverse=True, return_counts=True)
    owners = np.repeat(np.arange(len(pieces)), sizes)
    sums = np.bincount(owners, weights=counts[place] ** -float(exponent), minlength=len(pieces))
    return np.where(sizes > 0, sums / np.maximum(sizes, 1), 1.0)


def effective_number(counts: Iterable[int]) -> float:
    """Number of equally frequent classes that are as diverse: exp of the entropy of the shares.

    0 for no classes.
    """
    counts = [count for count in counts if count]
    total = sum(counts)
    return math.exp(-sum(n / total * math.log(n / total) for n in counts)) if total else 0.0


def coincidence(counts: Iterable[int]) -> float:
    """Probability that two different members are of one class, in [0, 1]; NaN for fewer than two members.

    sum(n (n - 1)) / (N (N - 1)), Simpson's index. It is unbiased: unlike the number of classes and their
    entropy it does not depend on the number of members, so that batches of different sizes compare.
    """
    counts = list(counts)
    total = sum(counts)
    return sum(n * (n - 1) for n in counts) / (total * (total - 1)) if total > 1 else math.nan


def _by_size(numbers: Sequence[int]) -> list[int]:
    """The classes numbered anew from 1, the largest first; of equal ones, the one that comes first."""
    ranks = {number: rank for rank, (number, _) in enumerate(Counter(numbers).most_common(), start=1)}
    return [ranks[number] for number in numbers]
