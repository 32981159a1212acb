"""Every metric that a run logs: its name, when it is logged, and how to read it."""

from dataclasses import dataclass
from typing import Literal

from agent.config.tasks import task_definition

Cadence = Literal["rung", "step"]
Section = Literal["reward", "groups", "training", "objective"]

_STATISTICS = ("mean", "std", "min", "max")


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: A path; `{component}` stands for the name of a reward component.
        section: Where the documentation lists it.
        reading: What it measures and how to read it.
        optional: Whether only some runs log it.
        clock: Whether it depends on the machine: two equal runs differ in these metrics only.
    """

    name: str
    section: Section
    reading: str
    optional: bool = False
    clock: bool = False

    @property
    def cadence(self) -> Cadence:
        """Whether it is logged at every training step or at the rungs."""
        return "rung" if self.section == "objective" else "step"


METRICS = (
    Metric(
        "reward_components/{component}/mean",
        "reward",
        "mean score; if a component rises alone while the total does not, its weight is too large",
    ),
    Metric(
        "reward_components/{component}/std",
        "reward",
        "standard deviation over the step's samples; 0 means that it gives no gradient",
    ),
    Metric("reward_components/{component}/min", "reward", "lowest score"),
    Metric(
        "reward_components/{component}/max",
        "reward",
        "highest score; if it stays 0, the model never finds this component, which is then too sparse to"
        " learn",
    ),
    Metric(
        "reward_components/total_reward/mean",
        "reward",
        "what the run trains on; does not compare between runs with other weights",
    ),
    Metric("reward_components/total_reward/std", "reward", "near 0: nothing left to learn from, or collapse"),
    Metric("reward_components/total_reward/min", "reward", "lowest total"),
    Metric("reward_components/total_reward/max", "reward", "highest total"),
    Metric(
        "reward_components/unscored",
        "reward",
        "samples that could not be scored; they are in no statistic and do not train; if all samples of"
        " a step are unscored, the run fails",
    ),
    Metric(
        "reward/best_of_n",
        "groups",
        "mean over prompts of the best total of a group, N = `num_generations`; it rises with N and with"
        " temperature by itself: compare only runs in which these are equal",
    ),
    Metric(
        "reward/gap",
        "groups",
        "`reward/best_of_n` minus the mean total; high: the model can do better than it usually does, so"
        " there is something to learn; near 0: all completions of a group are alike",
    ),
    Metric(
        "reward/variance_within",
        "groups",
        "mean variance of the totals of a group, from which advantages are made; near 0: no signal",
    ),
    Metric(
        "reward/variance_pooled",
        "groups",
        "variance of all totals; much above `reward/variance_within`: the prompt decides the reward, not"
        " the completion",
    ),
    Metric(
        "train/kl",
        "training",
        "KL to the starting weights, nats per token, exact on a small fixed batch, for every `beta`, 0"
        " included; high: the model has moved far from what it could do at the start",
    ),
    Metric(
        "train/kl_sampled",
        "training",
        "TRL's estimate of KL on the step's own completions; only for `beta` above 0",
        optional=True,
    ),
    Metric(
        "train/entropy",
        "training",
        "nats per token on the step's completions; falling to 0 is collapse, rising is noise",
    ),
    Metric("train/loss", "training", "near 0 by construction in GRPO; says nothing about quality"),
    Metric("train/grad_norm", "training", "gradient norm before clipping; spikes announce instability"),
    Metric("train/learning_rate", "training", "what the optimiser used, `learning_rate_scale` included"),
    Metric("train/beta", "training", "KL coefficient of the step; changes with `phases` and `kl_target`"),
    Metric("train/temperature", "training", "sampling temperature of the step; changes with `phases`"),
    Metric("train/top_p", "training", "top-p of the step; changes with `phases`"),
    Metric(
        "train/zero_variance_groups",
        "training",
        "share of groups whose completions all have the same score; they train nothing",
    ),
    Metric(
        "train/kept_fraction",
        "training",
        "share of samples that trained; only with `reward_threshold` or `best_of_n`",
        optional=True,
    ),
    Metric(
        "train/step_seconds",
        "training",
        "seconds of the step without evaluation: the sum of the next three",
        clock=True,
    ),
    Metric(
        "train/generation_seconds",
        "training",
        "sampling of completions; 0 in a step that trains again on the same batch",
        clock=True,
    ),
    Metric(
        "train/scoring_seconds",
        "training",
        "rewards; if this is most of the step, a faster GPU would not help",
        clock=True,
    ),
    Metric(
        "train/update_seconds",
        "training",
        "everything else: log-probabilities, gradients, the optimiser",
        clock=True,
    ),
    Metric(
        "train/tokens_per_second",
        "training",
        "completion tokens sampled per second of generation; low if a few long completions keep the rest"
        " waiting",
        clock=True,
    ),
    Metric(
        "train/peak_memory_mb",
        "training",
        "largest memory so far, in 1e6 bytes: of the GPU, or of the process if there is none",
        clock=True,
    ),
    Metric(
        "completions/mean_length",
        "training",
        "tokens per completion; a drift to the limit or to 0 is a known hack",
    ),
    Metric(
        "completions/truncated_fraction",
        "training",
        "share of completions that reached `max_completion_length`",
    ),
    Metric(
        "health/unique_fraction",
        "training",
        "share of distinct completions in the batch; falling is collapse",
    ),
    Metric(
        "health/similarity",
        "training",
        "mean pairwise overlap of the completions of one prompt, in [0, 1]: of 16-mers for DNA, of words"
        " for text; high: variations of one completion",
    ),
    Metric(
        "objective/score",
        "objective",
        "`objective/reference` times `objective/gate`: what the sweep maximises; compares between all"
        " runs of a task",
    ),
    Metric("objective/reference", "objective", "mean total of the reference suite"),
    Metric(
        "objective/gate", "objective", "1 while the run is healthy, 0 from its first unhealthy finding on"
    ),
    Metric(
        "objective/error",
        "objective",
        "standard error of `objective/reference` on these prompts: smaller differences between rungs"
        " mean nothing",
    ),
    Metric("objective/kl", "objective", "KL to the starting weights on these completions, nats per token"),
    Metric(
        "objective/entropy",
        "objective",
        "nats per token of these completions, at temperature 1; falling towards 0 is collapse",
    ),
    Metric("objective/unique_fraction", "objective", "share of distinct held-out completions"),
    Metric(
        "objective/unique_starts",
        "objective",
        "share of distinct first sentences (text) or first 50 bases (DNA); if it is low while all"
        " completions are distinct, they all begin in the same way",
    ),
    Metric(
        "objective/similarity",
        "objective",
        "mean pairwise overlap of all held-out completions, as `health/similarity`; high: one completion"
        " for every prompt",
    ),
    Metric(
        "objective/prompt_similarity",
        "objective",
        "the same within prompts; 0 with `eval_samples` = 1",
    ),
    Metric(
        "objective/template_share",
        "objective",
        "share of all sentences that fit one template with different words, 0 for DNA; detects collapse"
        " that the other metrics miss",
    ),
    Metric(
        "objective/unscored",
        "objective",
        "held-out completions that could not be scored; if all are, the run is unhealthy, and fails if"
        " they are the starting model's",
    ),
    Metric("objective/mean_length", "objective", "tokens per held-out completion"),
    Metric(
        "objective/truncated_fraction",
        "objective",
        "share of held-out completions that reached `max_completion_length`, so that their ends were"
        " never scored",
    ),
    Metric("objective/rung", "objective", "1, 2, ...: the Hyperband iteration"),
    Metric(
        "objective/components/{component}",
        "objective",
        "mean raw score of each component of the reference suite",
        optional=True,
    ),
)


def _logged(cadence: Cadence) -> frozenset[str]:
    return frozenset(
        metric.name
        for metric in METRICS
        if metric.cadence == cadence and not metric.optional and "{component}" not in metric.name
    )


STEP_METRICS = _logged("step")
"""Names of the metrics that every task logs at every training step."""
RUNG_METRICS = _logged("rung")
"""Names of the metrics that every task logs at the rungs only."""


def step_metrics(task: str) -> frozenset[str]:
    """Names of what runs of `task` log at every step: `STEP_METRICS` and the statistics of its components."""
    components = task_definition(task).monitored
    return STEP_METRICS | {f"reward_components/{c}/{s}" for c in components for s in _STATISTICS}


def cadence(metric: str, task: str) -> Cadence | None:
    """Whether runs of `task` log `metric` at every step or at the rungs; None if they do not log it."""
    if metric in step_metrics(task):
        return "step"
    if metric in RUNG_METRICS:
        return "rung"
    return None
