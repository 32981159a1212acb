"""Degenerate text and DNA, always against the starting model's own samples. A fixed threshold does not do."""

from collections.abc import Sequence

from agent.health.diversity import Diversity, measure
from agent.health.finding import Finding
from agent.health.limits import HealthLimits


def degenerate(
    samples: Sequence[str], start: Sequence[str], limits: HealthLimits, step: int, group: int = 1
) -> Finding | None:
    """Judge samples drawn at a training step against the starting model's; `None` where they are sound.

    `group` is the number of samples per prompt, in both; those of a prompt stand side by side.
    """
    if not samples or not start:
        return None
    return lost_diversity(measure(samples, start, group), measure(start, start, group), limits, step)


def lost_diversity(now: Diversity, then: Diversity, limits: HealthLimits, step: int) -> Finding | None:
    """Judge the diversity of samples drawn at a training step against the starting model's."""
    rise = limits.health_similarity_rise
    most_alike = then.similarity + rise * (1 - then.similarity)
    most_alike_within = then.prompt_similarity + rise * (1 - then.prompt_similarity)
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
            now.similarity > most_alike,
            "overlap of samples",
            now.similarity,
            then.similarity,
        ),
        (
            now.prompt_similarity > most_alike_within,
            "overlap of samples of one prompt",
            now.prompt_similarity,
            then.prompt_similarity,
        ),
    )
    found = [
        f"{what} {value:.0%} (starting model: {before:.0%})" for bad, what, value, before in checks if bad
    ]
    return Finding("collapsed", step, "; ".join(found)) if found else None
