"""Collapse: lost randomness and lost diversity of completions, compared with the starting model's own."""

from collections.abc import Sequence
from dataclasses import fields

from agent.health.curve import Curve
from agent.health.diversity import Diversity, measure
from agent.health.finding import Finding
from agent.health.seen import Check, Factor, Limits, Seen, Share

ENTROPY = "train/entropy"
HELD_OUT_ENTROPY = "objective/entropy"
UNIQUE = "health/unique_fraction"
DIVERSITY = tuple(f"objective/{field.name}" for field in fields(Diversity))


class CollapseLimits(Limits):
    """Limits of entropy and diversity."""

    health_unique_min: Share = 0.5
    """Least share of distinct completions, and of distinct beginnings of them, relative."""
    health_similarity_rise: Share = 0.7
    """How much of the way from the starting model's mean overlap of two completions to 1 the overlap may go.
    Good plasmids share parts: recorded healthy runs went up to 0.6 of it, most collapsed ones to 0.74 or
    more."""
    health_template_max: Share = 0.3
    """Largest share of all sentences that one template may have; `health_template_ratio` may allow more."""
    health_template_ratio: Factor = 3.0
    """Allow one template this many times the share of the starting model's most frequent template, if that is
    more than `health_template_max`."""
    health_entropy_min: Share = 0.2
    """Least entropy, relative."""


def entropy_collapse(entropy: Curve, start: float, minimum: float) -> Finding | None:
    """The first entropy below a share of the starting model's.

    Args:
        entropy: Nats per token.
        start: That of the starting model, measured in the same way.
        minimum: Least share of `start`, in [0, 1].
    """
    found = entropy.first(entropy.values < minimum * start)
    if found is None:
        return None
    step, value = found
    return Finding("collapsed", step, f"entropy {value:.3f} nats/token (starting model: {start:.3f})")


def lost_unique(unique: Curve, start: float, minimum: float) -> Finding | None:
    """The first smoothed share of distinct completions below `minimum` times that at the start."""
    found = unique.first(unique.values < minimum * start)
    if found is None:
        return None
    step, value = found
    return Finding("collapsed", step, f"{value:.0%} of completions are distinct (at the start: {start:.0%})")


def degenerate(
    samples: Sequence[str], start: Sequence[str], limits: CollapseLimits, step: int, group: int = 1
) -> Finding | None:
    """Lost diversity of samples drawn at a training step, compared with the starting model's samples.

    Args:
        samples: The samples of a prompt side by side.
        start: The starting model's, in the same order.
        limits: Thresholds.
        step: The training step.
        group: Samples per prompt, in both.
    """
    if not samples or not start:
        return None
    return lost_diversity(measure(samples, start, group), measure(start, start, group), limits, step)


def lost_diversity(now: Diversity, then: Diversity, limits: CollapseLimits, step: int) -> Finding | None:
    """Lost diversity at a training step: `now` compared with the starting model's (`then`)."""
    rise = limits.health_similarity_rise
    max_similarity = then.similarity + rise * (1 - then.similarity)
    max_prompt_similarity = then.prompt_similarity + rise * (1 - then.prompt_similarity)
    template_max = max(limits.health_template_max, limits.health_template_ratio * then.template_share)
    checks = (
        (
            now.unique_fraction < limits.health_unique_min * then.unique_fraction,
            "distinct samples",
            now.unique_fraction,
            then.unique_fraction,
        ),
        (
            now.unique_starts < limits.health_unique_min * then.unique_starts,
            "distinct first sentences",
            now.unique_starts,
            then.unique_starts,
        ),
        (
            now.template_share > template_max,
            "sentences of one template",
            now.template_share,
            then.template_share,
        ),
        (
            now.similarity > max_similarity,
            "overlap of samples",
            now.similarity,
            then.similarity,
        ),
        (
            now.prompt_similarity > max_prompt_similarity,
            "overlap of samples of one prompt",
            now.prompt_similarity,
            then.prompt_similarity,
        ),
    )
    found = [
        f"{what} {value:.0%} (starting model: {before:.0%})" for bad, what, value, before in checks if bad
    ]
    return Finding("collapsed", step, "; ".join(found)) if found else None


def _entropy(seen: Seen, limits: CollapseLimits) -> Finding | None:
    entropy = seen.smooth(ENTROPY)
    return entropy_collapse(entropy, entropy.start(), limits.health_entropy_min)


def _held_out_entropy(seen: Seen, limits: CollapseLimits) -> Finding | None:
    start = seen.start(HELD_OUT_ENTROPY)
    return entropy_collapse(seen.logged(HELD_OUT_ENTROPY), start, limits.health_entropy_min)


def _unique(seen: Seen, limits: CollapseLimits) -> Finding | None:
    unique = seen.smooth(UNIQUE)
    return lost_unique(unique, unique.start(), limits.health_unique_min)


def _diversity(seen: Seen, limits: CollapseLimits) -> Finding | None:
    """The first rung at which held-out completions had lost diversity."""
    names = [field.name for field in fields(Diversity)]
    if not all(f"objective/{name}" in seen.curves and f"starter/{name}" in seen.starter for name in names):
        return None
    then = Diversity(**{name: seen.starter[f"starter/{name}"] for name in names})
    values = {name: seen.curves[f"objective/{name}"] for name in names}
    for place, step in enumerate(values["similarity"].steps):
        now = Diversity(**{name: float(curve.values[place]) for name, curve in values.items()})
        found = lost_diversity(now, then, limits, int(step))
        if found is not None:
            return found
    return None


CHECKS = (
    Check((ENTROPY,), _entropy),
    Check((HELD_OUT_ENTROPY,), _held_out_entropy),
    Check((UNIQUE,), _unique),
    Check(DIVERSITY, _diversity),
)
