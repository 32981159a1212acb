"""Content: passing completions that repeat, a type of part that takes over, copies of the training corpus.

The checks read the figures of a task's quality control. Few completions pass at one rung, so those of the
last `POOLED` rungs are judged together.
"""

import math
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from agent.health.base import Check, Limits, LoggedMetrics, Share
from agent.health.finding import Finding

PASSED, DISTINCT = "qc/passed", "qc/distinct"
COINCIDENCE, TOP_SHARE = "qc/coincidence", "qc/top_share"
NOVELTY, NEAR_COPIES = "qc/novelty", "qc/near_copies"
TYPES = "qc/*/*"
"""Pattern of the shares of the types of a kind, `qc/{kind}/{type}`."""

POOLED = 3
"""Number of rungs whose passing completions are judged together."""
MIN_PAIRS = 200
"""Minimum number of pairs of passing completions of one rung, over the pooled rungs: about 21 completions at
one rung, or 12 at each of three. With 100 pairs, 2 % of runs of draws from one unchanged model gave an alarm;
with 200 pairs, 0.7 %."""
MIN_PASSED = 8
"""Minimum number of passing completions of the starting model by which their distinct number is judged."""
MAX_CHANCE = 0.01
"""Maximum probability that a type takes over by chance."""


class ContentLimits(Limits):
    """Limits of repetition, of types and of copies."""

    health_coincidence_rise: Share = 0.06
    """Maximum rise of the probability that two passing completions are the same, as a fraction of the
    distance from the starting model's to 1. Twelve equally frequent molecules reach 0.08."""
    health_distinct_min: Share = 0.6
    """Minimum number of distinct passing completions, as a fraction of the starting model's, of a run in
    which at least as many pass."""
    health_minority_min: Share = 0.25
    """Minimum share of passing completions without the most frequent type of a part, as a fraction of the
    starting model's share. A lower share counts only if chance does not explain it."""
    health_copies_rise: Share = 0.3
    """Warn if the share of near copies of the training corpus has risen by more than this fraction of the
    distance from the starting model's to 1."""
    health_copies_max: Share = 0.65
    """Maximum rise of the share of near copies, as in `health_copies_rise`, of a run whose novelty is also
    below `health_novelty_min`."""
    health_novelty_min: Share = 0.5
    """Minimum novelty against the training corpus, as a fraction of the starting model's, of a run with more
    near copies than `health_copies_max` allows."""


Values = NDArray[np.float64]


def _pooled(metrics: LoggedMetrics, name: str) -> Iterator[tuple[int, Values, Values]]:
    """Yield each rung's step, and passing completions and values of a metric at the pooled rungs up to it.

    A value that was not logged is 0: no completion passed, or none has the type.
    """
    passed = metrics.logged(PASSED)
    curve = metrics.logged(name)
    logged = dict(zip(curve.steps.tolist(), curve.values.tolist(), strict=True))
    values = np.array([logged.get(step, 0.0) for step in passed.steps.tolist()])
    for index, step in enumerate(passed.steps.tolist()):
        part = slice(max(0, index + 1 - POOLED), index + 1)
        yield step, passed.values[part], values[part]


def _repetition(metrics: LoggedMetrics, limits: ContentLimits) -> Finding | None:
    """The finding at the first rung at which passing completions are too often the same."""
    most, least = metrics.start(PASSED), limits.health_distinct_min * metrics.start(DISTINCT)
    if math.isnan(most):
        return None
    start = metrics.start(COINCIDENCE)
    start = 0.0 if math.isnan(start) else start  # fewer than two passed, of which none can be the same
    limit = start + limits.health_coincidence_rise * (1 - start)
    for step, passed, same in _pooled(metrics, COINCIDENCE):
        pairs = passed * (passed - 1) / 2
        share = float((same * pairs).sum() / max(1.0, pairs.sum()))
        distinct = _at(metrics, DISTINCT, step)
        fewer = passed[-1] >= most >= MIN_PASSED and distinct < least
        if not fewer and (pairs.sum() < MIN_PAIRS or share <= limit):
            continue
        return Finding(
            "collapsed",
            step,
            f"{distinct:.0f} of {passed[-1]:.0f} passing completions are distinct (starting model:"
            f" {metrics.start(DISTINCT):.0f} of {most:.0f}), molecule 1 of the samples is"
            f" {_at(metrics, TOP_SHARE, step):.0%} of them, and two of them are the same with a probability"
            f" of {share:.1%} (starting model: {start:.1%})",
        )
    return None


def _at(metrics: LoggedMetrics, name: str, step: int) -> float:
    """The value of a metric at a step; NaN if it was not logged there."""
    curve = metrics.logged(name)
    found = curve.values[curve.steps == step]
    return float(found[0]) if found.size else math.nan


def _takeover(metrics: LoggedMetrics, limits: ContentLimits) -> Finding | None:
    """The finding at the first rung at which one type has replaced the others of its kind."""
    kinds = sorted({name.split("/")[1] for name in metrics.curves if fnmatchcase(name, TYPES)})
    found = [finding for kind in kinds if (finding := _takeover_of(kind, metrics, limits)) is not None]
    return min(found, key=lambda finding: finding.step, default=None)


def _takeover_of(kind: str, metrics: LoggedMetrics, limits: ContentLimits) -> Finding | None:
    prefix, count = f"qc/{kind}/", metrics.start(PASSED)
    at_start = {
        name.removeprefix(f"starter/{prefix}"): round(share * count)
        for name, share in metrics.starter.items()
        if name.startswith(f"starter/{prefix}") and not math.isnan(count)
    }
    if len(at_start) < 2:
        return None
    first = max(at_start, key=lambda name: at_start[name])
    total = sum(at_start.values())
    others = total - at_start[first]
    types = [name.removeprefix(prefix) for name in metrics.curves if name.startswith(prefix)]
    steps = metrics.logged(PASSED).steps.tolist()
    series = {name: list(_pooled(metrics, prefix + name)) for name in sorted(types)}
    for index, (step, passed, _) in enumerate(next(iter(series.values()))):
        counts = Counter(
            {name: round(float((rungs[index][2] * passed).sum())) for name, rungs in series.items()}
        )
        top, most = counts.most_common(1)[0]
        rest = counts.total() - most
        if not counts.total() or rest / counts.total() >= limits.health_minority_min * others / total:
            continue
        since = steps[max(0, index + 1 - POOLED)]
        if _chance(rest, counts.total(), rest + others, counts.total() + total) < MAX_CHANCE:
            return Finding(
                "collapsed",
                step,
                f"{kind} {top} in {most} of {counts.total()} passing completions since step {since}"
                f" (starting model: {first} in {at_start[first]} of {total}, {len(at_start)} types)",
            )
    return None


def _chance(few: int, drawn: int, marked: int, total: int) -> float:
    """Probability of at most `few` of the `marked` ones among `drawn` of `total` (Fisher's exact test)."""
    ways = sum(math.comb(marked, n) * math.comb(total - marked, drawn - n) for n in range(few + 1))
    return ways / math.comb(total, drawn)


def _memorising(metrics: LoggedMetrics, limits: ContentLimits) -> Finding | None:
    """The warning at the first rung with many more near copies than the starting model's."""
    start = metrics.start(NEAR_COPIES)
    copies = metrics.logged(NEAR_COPIES)
    found = copies.first(copies.values > start + limits.health_copies_rise * (1 - start))
    return None if found is None else Finding("memorising", found[0], _copies_text(metrics, found[0]))


def _memorised(metrics: LoggedMetrics, limits: ContentLimits) -> Finding | None:
    """The finding at the first rung with very many near copies and little that is new."""
    start, copies = metrics.start(NEAR_COPIES), metrics.logged(NEAR_COPIES)
    least = limits.health_novelty_min * metrics.start(NOVELTY)
    many = copies.values > start + limits.health_copies_max * (1 - start)
    novelty = np.array([_at(metrics, NOVELTY, step) for step in copies.steps.tolist()])
    found = copies.first(many & (novelty < least))
    return None if found is None else Finding("memorised", found[0], _copies_text(metrics, found[0]))


def _copies_text(metrics: LoggedMetrics, step: int) -> str:
    return (
        f"{_at(metrics, NEAR_COPIES, step):.0%} of completions are near copies of the training corpus"
        f" (starting model: {metrics.start(NEAR_COPIES):.0%}), novelty {_at(metrics, NOVELTY, step):.2f}"
        f" (starting model: {metrics.start(NOVELTY):.2f})"
    )


CHECKS = (
    Check((PASSED, DISTINCT, COINCIDENCE, TOP_SHARE), _repetition),
    Check((PASSED, TYPES), _takeover),
    Check((NEAR_COPIES, NOVELTY), _memorising),
    Check((NEAR_COPIES, NOVELTY), _memorised),
)
