"""The names of everything a run logs, known without training one."""

from typing import Literal

Cadence = Literal["rung", "step"]

COMPONENTS = ("ori", "promoter", "terminator", "marker", "cds", "length", "total_reward")
_STATISTICS = ("mean", "std", "min", "max")

STEP_METRICS = frozenset(
    {
        *(f"reward_components/{c}/{s}" for c in COMPONENTS for s in _STATISTICS),
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
        "train/step_seconds",
        "completions/mean_length",
        "completions/truncated_fraction",
        "health/unique_fraction",
    }
)
"""Logged at every training step."""
RUNG_METRICS = frozenset(
    {
        "objective/score",
        "objective/reference",
        "objective/gate",
        "objective/kl",
        "objective/unique_fraction",
        "objective/unscored",
        "objective/mean_length",
        "objective/rung",
    }
)
"""Logged at the rungs only."""


def cadence(metric: str) -> Cadence | None:
    """Whether `metric` is logged at every step or at the rungs; `None` if no run logs it."""
    if metric in STEP_METRICS:
        return "step"
    if metric in RUNG_METRICS:
        return "rung"
    return None
