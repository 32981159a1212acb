"""The names of everything a run logs, known without training one."""

from typing import Literal

from agent.config.tasks import task_definition

Cadence = Literal["rung", "step"]

_STATISTICS = ("mean", "std", "min", "max")

CLOCK_METRICS = frozenset(
    {
        "train/step_seconds",
        "train/generation_seconds",
        "train/scoring_seconds",
        "train/update_seconds",
        "train/tokens_per_second",
        "train/peak_memory_mb",
    }
)
"""What a step cost on this machine: the only step metrics in which two equal runs differ."""
STEP_METRICS = frozenset(
    {
        *(f"reward_components/total_reward/{s}" for s in _STATISTICS),
        "reward_components/unscored",
        "train/kl",
        "train/entropy",
        "train/loss",
        "train/grad_norm",
        "train/learning_rate",
        "train/beta",
        "train/temperature",
        "train/top_p",
        "train/zero_variance_groups",
        *CLOCK_METRICS,
        "reward/best_of_n",
        "reward/gap",
        "reward/variance_within",
        "reward/variance_pooled",
        "completions/mean_length",
        "completions/truncated_fraction",
        "health/unique_fraction",
        "health/similarity",
    }
)
"""Logged at every training step of every task."""
RUNG_METRICS = frozenset(
    {
        "objective/score",
        "objective/reference",
        "objective/error",
        "objective/gate",
        "objective/kl",
        "objective/entropy",
        "objective/unique_fraction",
        "objective/unique_starts",
        "objective/similarity",
        "objective/prompt_similarity",
        "objective/template_share",
        "objective/unscored",
        "objective/mean_length",
        "objective/truncated_fraction",
        "objective/rung",
    }
)
"""Logged at the rungs only."""


def step_metrics(task: str) -> frozenset[str]:
    """What runs of a task log at every training step: `STEP_METRICS`, and its components' statistics."""
    components = task_definition(task).monitored
    return STEP_METRICS | {f"reward_components/{c}/{s}" for c in components for s in _STATISTICS}


def cadence(metric: str, task: str) -> Cadence | None:
    """Whether runs of `task` log `metric` at every step or at the rungs; `None` if they do not log it."""
    if metric in step_metrics(task):
        return "step"
    if metric in RUNG_METRICS:
        return "rung"
    return None
