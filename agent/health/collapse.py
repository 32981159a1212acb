"""Collapse: entropy and diversity of completions that are far below those of the starting model."""

from collections.abc import Sequence
from dataclasses import fields

from agent.health.base import Check, Factor, Limits, LoggedMetrics, Share
from agent.health.curve import Curve
from agent.health.diversity import Diversity, measure
from agent.health.finding import Finding

ENTROPY = "train/entropy"
HELD_OUT_ENTROPY = "objective/entropy"
UNIQUE = "health/unique_fraction"
DIVERSITY = tuple(f"objective/{field.name}" for field in fields(Diversity))


class CollapseLimits(Limits):
    """Limits of entropy and diversity."""

    health_unique_min: Share = 0.5
    """Minimum share of distinct completions, and of distinct beginnings of completions, as a fraction of the
    starting model's share."""
    health_similarity_rise: Share = 0.7
    """Maximum rise of the mean overlap of two completions, as a fraction of the distance from the starting
    model's overlap to 1. Good plasmids share parts, so some rise is healthy: up to 0.6 in recorded healthy
    runs, 0.74 or more in most collapsed ones."""
    health_template_max: Share = 0.3
    """Maximum share of sentences that fit one template. `health_template_ratio` may allow more."""
    health_template_ratio: Factor = 3.0
    """Maximum share of sentences that fit one template, as a multiple of the share of the starting model's
    most frequent template. The higher of this limit and `health_template_max` applies."""
    health_entropy_min: Share = 0.2
    """Minimum entropy, as a fraction of the starting model's entropy."""


def entropy_collapse(entropy: Curve, start: float, minimum: float) -> Finding | None:
    """The finding at the first entropy below `minimum` times `start`; `None` if there is none.

    Args:
        entropy: Entropy in nats per token.
        start: Entropy of the starting model, measured in the same way.
        minimum: Minimum fraction of `start`, in [0, 1].
    """
    found = entropy.first(entropy.values < minimum * start)
    if found is None:
        return None
    step, value = found
    return Finding("collapsed", step, f"entropy {value:.3f} nats/token (starting model: {start:.3f})")


def lost_unique(unique: Curve, start: float, minimum: float) -> Finding | None:
    """The finding at the first smoothed share of distinct completions below `minimum` times `start`."""
    found = unique.first(unique.values < minimum * start)
    if found is None:
        return None
    step, value = found
    return Finding("collapsed", step, f"{value:.0%} of completions are distinct (at the start: {start:.0%})")


def degenerate(
    samples: Sequence[str], start: Sequence[str], limits: CollapseLimits, step: int, group: int = 1
) -> Finding | None:
    """The finding that completions of a training step have lost diversity; `None` if they have not.

    Args:
        samples: The completions; those of one prompt are consecutive.
        start: Completions of the starting model, in the same order.
        limits: Limits of the diversity.
        step: The training step.
        group: Completions per prompt, in both.
    """
    if not samples or not start:
        return None
    return lost_diversity(measure(samples, start, group), measure(start, start, group), limits, step)


def lost_diversity(now: Diversity, start: Diversity, limits: CollapseLimits, step: int) -> Finding | None:
    """The finding that `now`, at a training step, is less diverse than the starting model (`start`)."""
    rise = limits.health_similarity_rise
    max_similarity = start.similarity + rise * (1 - start.similarity)
    max_prompt_similarity = start.prompt_similarity + rise * (1 - start.prompt_similarity)
    template_max = max(limits.health_template_max, limits.health_template_ratio * start.template_share)
    checks = (
        (
            now.unique_fraction < limits.health_unique_min * start.unique_fraction,
            "distinct samples",
            now.unique_fraction,
            start.unique_fraction,
        ),
        (
            now.unique_starts < limits.health_unique_min * start.unique_starts,
            "distinct first sentences",
            now.unique_starts,
            start.unique_starts,
        ),
        (
            now.template_share > template_max,
            "sentences of one template",
            now.template_share,
            start.template_share,
        ),
        (
            now.similarity > max_similarity,
            "overlap of samples",
            now.similarity,
            start.similarity,
        ),
        (
            now.prompt_similarity > max_prompt_similarity,
            "overlap of samples of one prompt",
            now.prompt_similarity,
            start.prompt_similarity,
        ),
    )
    evidence = [
        f"{name} {value:.0%} (starting model: {reference:.0%})"
        for is_lost, name, value, reference in checks
        if is_lost
    ]
    return Finding("collapsed", step, "; ".join(evidence)) if evidence else None


def _entropy(metrics: LoggedMetrics, limits: CollapseLimits) -> Finding | None:
    entropy = metrics.smooth(ENTROPY)
    return entropy_collapse(entropy, entropy.start(), limits.health_entropy_min)


def _held_out_entropy(metrics: LoggedMetrics, limits: CollapseLimits) -> Finding | None:
    start = metrics.start(HELD_OUT_ENTROPY)
    return entropy_collapse(metrics.logged(HELD_OUT_ENTROPY), start, limits.health_entropy_min)


def _unique(metrics: LoggedMetrics, limits: CollapseLimits) -> Finding | None:
    unique = metrics.smooth(UNIQUE)
    return lost_unique(unique, unique.start(), limits.health_unique_min)


def _diversity(metrics: LoggedMetrics, limits: CollapseLimits) -> Finding | None:
    """The finding at the first rung at which held-out completions had lost diversity."""
    names = [field.name for field in fields(Diversity)]
    if not all(
        f"objective/{name}" in metrics.curves and f"starter/{name}" in metrics.starter for name in names
    ):
        return None
    start = Diversity(**{name: metrics.starter[f"starter/{name}"] for name in names})
    values = {name: metrics.curves[f"objective/{name}"] for name in names}
    for index, step in enumerate(values["similarity"].steps):
        now = Diversity(**{name: float(curve.values[index]) for name, curve in values.items()})
        found = lost_diversity(now, start, limits, int(step))
        if found is not None:
            return found
    return None


CHECKS = (
    Check((ENTROPY,), _entropy),
    Check((HELD_OUT_ENTROPY,), _held_out_entropy),
    Check((UNIQUE,), _unique),
    Check(DIVERSITY, _diversity),
)
