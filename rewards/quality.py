"""Quality control of samples: a yes or no that stands beside the reward, and its figures for a batch.

A task that declares a `Quality` logs these figures at every rung; a run never trains on them.
"""

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

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
    """

    novelty: float
    near_copy: bool


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
    known = [found for found in quality.originality(samples) if found is not None]
    if known:
        figures["novelty"] = sum(found.novelty for found in known) / len(known)
        figures["near_copies"] = sum(found.near_copy for found in known) / len(known)
    return QualityScores(verdicts, clusters, figures)


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
