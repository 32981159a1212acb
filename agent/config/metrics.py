"""The table of all metrics that a run logs: name, when it is logged, and what it measures."""

from agent.config.metric import Cadence, Metric
from agent.config.tasks import task_definition

_STATISTICS = ("mean", "std", "min", "max")

METRICS = (
    Metric(
        "reward_components/{component}/mean",
        "reward",
        "mean score; if it rises while the total does not, the weight of this component is too large",
    ),
    Metric(
        "reward_components/{component}/std",
        "reward",
        "standard deviation in the step; at 0 the component gives no gradient",
    ),
    Metric("reward_components/{component}/min", "reward", "lowest score"),
    Metric(
        "reward_components/{component}/max",
        "reward",
        "highest score; if it stays 0, no completion satisfies this component, and it cannot be learned",
    ),
    Metric(
        "reward_components/total_reward/mean",
        "reward",
        "mean total reward, which the run trains on; not comparable between runs with different weights",
        higher_is_better=True,
    ),
    Metric(
        "reward_components/total_reward/std",
        "reward",
        "standard deviation of the total; near 0: nothing is left to learn, or the model has collapsed",
    ),
    Metric("reward_components/total_reward/min", "reward", "lowest total reward"),
    Metric("reward_components/total_reward/max", "reward", "highest total reward"),
    Metric(
        "reward_components/unscored",
        "reward",
        "number of completions that could not be scored; they enter no statistic and do not train; if all"
        " completions of a step are unscored, the run fails",
    ),
    Metric(
        "reward/best_of_n",
        "groups",
        "mean over prompts of the highest total of a group, with N = `num_generations`; it grows with N and"
        " with temperature, so compare only runs in which both are equal",
    ),
    Metric(
        "reward/gap",
        "groups",
        "`reward/best_of_n` minus the mean total; high: the best completions are much better than the"
        " average, so there is something to learn; near 0: all completions of a group score alike",
    ),
    Metric(
        "reward/rarity",
        "groups",
        "mean factor of the training rewards, 1 if completions share nothing; only with `diversity`",
        optional=True,
    ),
    Metric(
        "reward/variance_within",
        "groups",
        "mean variance of the totals within a group, which advantages are computed from; near 0: no"
        " learning signal",
    ),
    Metric(
        "reward/variance_pooled",
        "groups",
        "variance of all totals of the step; if it is much larger than `reward/variance_within`, rewards"
        " depend more on the prompt than on the completion",
    ),
    Metric(
        "train/kl",
        "training",
        "KL to the starting weights in nats per token, exact on a small fixed batch; it is measured even if"
        " `beta` is 0; high: the policy has moved far from the starting weights",
    ),
    Metric(
        "train/kl_sampled",
        "training",
        "TRL's estimate of the KL on the completions that train, if any do; logged only if `beta` is above 0",
        optional=True,
    ),
    Metric(
        "train/entropy",
        "training",
        "entropy on the completions that train (on all of the step if none does), in nats per token; a fall"
        " to 0 means collapse, a rise means noise",
    ),
    Metric("train/loss", "training", "near 0 by construction in GRPO; says nothing about quality"),
    Metric("train/grad_norm", "training", "gradient norm before clipping; spikes often precede instability"),
    Metric("train/learning_rate", "training", "learning rate of the step, `learning_rate_scale` included"),
    Metric("train/beta", "training", "KL coefficient of the step; changes with `phases` and `kl_target`"),
    Metric("train/temperature", "training", "sampling temperature of the step; changes with `phases`"),
    Metric("train/top_p", "training", "top-p of the step; changes with `phases`"),
    Metric(
        "train/zero_variance_groups",
        "training",
        "share of groups whose completions all have the same reward; nothing is learned from them",
    ),
    Metric(
        "train/kept_fraction",
        "training",
        "share of completions that train; logged only with `reward_threshold` or `best_of_n`",
        optional=True,
    ),
    Metric(
        "train/step_seconds",
        "training",
        "seconds of the step without evaluation: the sum of the next three metrics",
        clock=True,
    ),
    Metric(
        "train/generation_seconds",
        "training",
        "seconds of sampling completions; 0 in a step that trains again on an earlier batch",
        clock=True,
    ),
    Metric(
        "train/scoring_seconds",
        "training",
        "seconds of computing rewards; if they are most of the step, a faster GPU would not help",
        clock=True,
    ),
    Metric(
        "train/update_seconds",
        "training",
        "seconds of everything else: log-probabilities, gradients, the optimiser",
        clock=True,
    ),
    Metric(
        "train/tokens_per_second",
        "training",
        "completion tokens sampled per second of generation; low if a few completions are much longer than"
        " the others",
        clock=True,
    ),
    Metric(
        "train/peak_memory_mb",
        "training",
        "peak memory so far in MB (1e6 bytes): of the GPU, or of the process if there is no GPU",
        clock=True,
    ),
    Metric(
        "completions/mean_length",
        "training",
        "mean number of tokens per completion; a drift to the limit or to 0 often is reward hacking",
    ),
    Metric(
        "completions/truncated_fraction",
        "training",
        "share of completions that were cut off at `max_completion_length`",
    ),
    Metric(
        "health/unique_fraction",
        "training",
        "share of distinct completions in the batch; a fall means collapse",
    ),
    Metric(
        "health/similarity",
        "training",
        "mean pairwise overlap of the completions of one prompt, in [0, 1]: of 16-mers for DNA, of words"
        " for text; high: the completions of a prompt are nearly the same",
    ),
    Metric(
        "objective/score",
        "objective",
        "`objective/reference` (or `qc/distinct_pass_rate` with `objective: qc_distinct`) times"
        " `objective/gate`: the value that the sweep maximises; comparable between runs of a task (for"
        " stories, only between runs with the same reward)",
        higher_is_better=True,
    ),
    Metric(
        "objective/reference",
        "objective",
        "mean total of the reference suite, in [0, 1]",
        higher_is_better=True,
    ),
    Metric(
        "objective/gate",
        "objective",
        "1 while the run is healthy, 0 from its first unhealthy finding on",
        higher_is_better=True,
    ),
    Metric(
        "objective/error",
        "objective",
        "standard error of `objective/reference` on these prompts; a smaller difference between rungs is"
        " noise",
    ),
    Metric(
        "objective/kl",
        "objective",
        "KL to the starting weights on the held-out completions, in nats per token",
    ),
    Metric(
        "objective/entropy",
        "objective",
        "entropy on the held-out completions at temperature 1, in nats per token; a fall towards 0 means"
        " collapse",
    ),
    Metric(
        "objective/unique_fraction",
        "objective",
        "share of distinct held-out completions",
        higher_is_better=True,
    ),
    Metric(
        "objective/unique_starts",
        "objective",
        "share of distinct first sentences (text) or first 50 bases (DNA); it is low if completions differ"
        " but begin in the same way",
    ),
    Metric(
        "objective/similarity",
        "objective",
        "mean pairwise overlap of all held-out completions, measured as in `health/similarity`; high: the"
        " model writes nearly the same completion for every prompt",
    ),
    Metric(
        "objective/prompt_similarity",
        "objective",
        "the same overlap, between completions of one prompt only; 0 if `eval_samples` is 1",
    ),
    Metric(
        "objective/template_share",
        "objective",
        "share of sentences that fit the most frequent template, which has common words and open slots; 0"
        " for DNA; detects collapse that the other metrics miss",
    ),
    Metric(
        "objective/unscored",
        "objective",
        "number of held-out completions that could not be scored; if it is all of them, the run is"
        " unhealthy; if it is all of the starting model's, the run fails",
    ),
    Metric("objective/mean_length", "objective", "mean number of tokens per held-out completion"),
    Metric(
        "objective/truncated_fraction",
        "objective",
        "share of held-out completions that were cut off at `max_completion_length`, so that their ends"
        " were not scored",
    ),
    Metric("objective/rung", "objective", "number of the rung, from 1: the Hyperband iteration"),
    Metric(
        "objective/components/{component}",
        "objective",
        "mean raw score of one component of the reference suite",
        optional=True,
    ),
    Metric("qc/pass_rate", "quality", "share of completions that pass; 1 if all do"),
    Metric(
        "qc/error",
        "quality",
        "standard error of `qc/pass_rate` on these prompts; a smaller difference between rungs is noise",
    ),
    Metric(
        "qc/published_pass_rate",
        "quality",
        "share that passes the rule as it was published, for comparison with the literature only",
    ),
    Metric(
        "qc/distinct_pass_rate",
        "quality",
        "number of clusters of passing completions, as a share of all completions; copies of a good one count"
        " once, so that it falls where `qc/pass_rate` rises by repetition; it depends on the number of"
        " completions",
    ),
    Metric("qc/passed", "quality", "number of completions that pass"),
    Metric("qc/distinct", "quality", "number of clusters of passing completions"),
    Metric(
        "qc/effective",
        "quality",
        "effective number of clusters of passing completions: exp of the entropy of their shares; far below"
        " `qc/distinct`: a few of them make up most",
    ),
    Metric("qc/top_share", "quality", "share of the passing completions that are in the largest cluster"),
    Metric(
        "qc/coincidence",
        "quality",
        "probability that two different passing completions are of one cluster; unlike the numbers above, it"
        " does not depend on how many pass; not logged if fewer than two pass",
        optional=True,
    ),
    Metric(
        "qc/novelty",
        "quality",
        "share of the pieces of all completions that are not in the training corpus; towards 0 the model"
        " recites its corpus, and at 1 it may write noise; not logged if no completion is long enough",
        optional=True,
    ),
    Metric(
        "qc/passing_novelty",
        "quality",
        "the same of the passing completions only; not logged if none passes",
        optional=True,
    ),
    Metric(
        "qc/near_copies",
        "quality",
        "share of completions that are nearly the same as one item of the training corpus, or as a piece of"
        " it; not logged if no completion is long enough",
        optional=True,
    ),
    Metric(
        "qc/{kind}_types",
        "quality",
        "number of types of a kind of part among the passing completions; 1: all have the same",
    ),
    Metric("qc/{kind}_entropy", "quality", "entropy of these types, in nats; 0 if all are the same"),
    Metric(
        "qc/{kind}/{type}",
        "quality",
        "share of one type among them; a type that none has is not logged",
        optional=True,
    ),
    Metric(
        "temperature/{temperature}/reference",
        "temperatures",
        "mean total of the reference suite, in [0, 1]; not logged if fewer than two completions could be"
        " scored",
        optional=True,
    ),
    Metric(
        "temperature/{temperature}/error", "temperatures", "standard error of the reference", optional=True
    ),
    Metric(
        "temperature/{temperature}/completions",
        "temperatures",
        "number of completions (held-out prompts times `final_samples`), as many of the starting model",
    ),
    Metric("temperature/{temperature}/qc/pass_rate", "temperatures", "share of completions that pass"),
    Metric("temperature/{temperature}/qc/error", "temperatures", "standard error of this share"),
    Metric(
        "temperature/{temperature}/qc/distinct_pass_rate",
        "temperatures",
        "number of clusters of passing completions over that of completions; compare equal numbers only",
    ),
    Metric("temperature/{temperature}/qc/{kind}_types", "temperatures", "types of a kind among passing ones"),
    Metric(
        "temperature/{temperature}/qc/novelty",
        "temperatures",
        "share of the pieces of all completions that are not in the training corpus",
        optional=True,
    ),
    Metric(
        "temperature/{temperature}/qc/passing_novelty",
        "temperatures",
        "the same of the passing completions only; not logged if none passes",
        optional=True,
    ),
)


def _logged(cadence: Cadence) -> frozenset[str]:
    return frozenset(
        metric.name
        for metric in METRICS
        if metric.cadence == cadence
        and metric.section != "quality"
        and not metric.optional
        and "{component}" not in metric.name
    )


STEP_METRICS = _logged("step")
"""Names of the metrics that every task logs at every training step."""
RUNG_METRICS = _logged("rung")
"""Names of the metrics that every task logs at the rungs only."""
HIGHER_IS_BETTER = frozenset(metric.name for metric in METRICS if metric.higher_is_better)
"""Names of the metrics of which a higher value is always the better one."""


def rung_metrics(task: str) -> frozenset[str]:
    """Names of the metrics that runs of `task` log at the rungs only, with those of its quality control."""
    quality = task_definition(task).quality
    if quality is None:
        return RUNG_METRICS
    names = [metric.name for metric in METRICS if metric.section == "quality" and not metric.optional]
    return RUNG_METRICS.union(name.replace("{kind}", kind) for name in names for kind in quality.kinds)


def step_metrics(task: str) -> frozenset[str]:
    """Names of the metrics that runs of `task` log at every step, with those of its monitored components."""
    components = task_definition(task).monitored
    return STEP_METRICS | {f"reward_components/{c}/{s}" for c in components for s in _STATISTICS}


def cadence(metric: str, task: str) -> Cadence | None:
    """Whether runs of `task` log `metric` at every step or only at rungs; `None` if they do not log it."""
    if metric in step_metrics(task):
        return "step"
    if metric in rung_metrics(task):
        return "rung"
    return None
