"""The objective of a sweep: the reference suite's score of completions of held-out prompts.

`objective/score` is this score, or the distinct pass rate of the quality control, times the health gate (0 or
1), which the run's `Monitor` determines.
"""

from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from agent.config.run import RunConfig
from agent.health.diversity import measure
from agent.health.drift import nothing_scored
from agent.health.finding import Finding
from agent.health.reward import error_of_mean
from agent.tasks.base import Task
from agent.training.objective.baseline import starter_completions
from agent.training.objective.divergence import sampled_entropy, sampled_kl, token_log_probabilities
from agent.training.objective.sampling import Completions, SampleArguments, sample
from agent.training.scoring import component_statistics, score_some
from rewards.base import Sample
from rewards.compose import SuiteScores
from rewards.quality import QualityScores, quality_scores

EVAL_SEED = 1234
"""The same for every run of every sweep: objectives can be compared only if the draws are the same."""
EVAL_TEMPERATURE = 0.95
EVAL_TOP_P = 0.9
"""Held-out sampling parameters of the published plasmid evaluation; those of a run are swept."""


@dataclass(frozen=True)
class HeldOut:
    """One measurement on the held-out prompts.

    Attributes:
        step: Training step; 0 for the starting model.
        metrics: Name without `objective/` → value; figures of the quality control are named `qc/...`.
        prompts: [B] prompts, one per completion; those of the same prompt are consecutive.
        completions: [B] sampled completions.
        scores: The reference suite's scores of the completions.
        quality: The quality control of the completions; None for a task without one.
    """

    step: int
    metrics: dict[str, float]
    prompts: list[str]
    completions: Completions
    scores: SuiteScores
    quality: QualityScores | None

    @property
    def score(self) -> float:
        """Value of the objective while the run is healthy, in [0, 1]; 0 if nothing could be scored."""
        return self.metrics["score"]

    @property
    def finding(self) -> Finding | None:
        """The finding that nothing could be scored (`reference` is then 0); `None` if something could."""
        return nothing_scored(self.scores.unscored, len(self.prompts), self.step)


def reference_figures(scores: SuiteScores, group: int) -> dict[str, float]:
    """`reference`: the mean total of the scored completions, or 0; `error`: the standard error of this mean.

    Args:
        scores: Of completions with those of the same prompt consecutive.
        group: Completions per prompt.
    """
    scored = scores.totals[~np.isnan(scores.totals)]
    reference = float(scored.mean()) if scored.size else 0.0
    return {"reference": reference, "error": error_of_mean(scores.totals, group)}


def quality_figures(quality: QualityScores, group: int) -> dict[str, float]:
    """Name `qc/{name}` → value of each figure of `quality`, and of `qc/error`, the error of the pass rate.

    Args:
        quality: Of completions with those of the same prompt consecutive.
        group: Completions per prompt.
    """
    passed = np.array([verdict.passed for verdict in quality.verdicts], dtype=np.float64)
    figures = {f"qc/{name}": value for name, value in quality.figures.items()}
    return {**figures, "qc/error": error_of_mean(passed, group)}


class Objective:
    """Measures the objective of one run at its rungs.

    Args:
        config: Parameters of the run.
        task: Gives the held-out prompts and the reference suite.
        reference: The starting model; it must not change.
        tokenizer: Of the starting model and the policy.

    Attributes:
        starter: The measurement of the starting model.
        rung: Number of measurements of the policy so far.

    Raises:
        NothingScoredError: If no completion of the starting model can be scored.
        FloatingPointError: If the starting model's logits are not finite.
    """

    def __init__(
        self, config: RunConfig, task: Task, reference: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
    ) -> None:
        self._config = config
        self._suite, self._quality = task.reference_suite, task.quality
        self._prompts = [p for p in task.prompts.held_out for _ in range(config.eval_samples)]
        self._reference = reference
        self._tokenizer = tokenizer
        self._starter_texts: list[str] | None = None
        self.starter = self._measure(reference, step=0)
        self._starter_texts = self.starter.completions.texts
        self.rung = 0

    def restore(self, rung: int) -> None:
        """Continue from the counter of a saved state."""
        self.rung = rung

    def starter_values(self) -> dict[str, float]:
        """The starting model's metrics as summary values: name `starter/{name}` → value."""
        return {f"starter/{name}": value for name, value in self.starter.metrics.items()}

    def at_rung(self, policy: PreTrainedModel, step: int) -> tuple[dict[str, float], HeldOut]:
        """The metrics of `policy` at a rung, without the gate, and the measurement that they come from.

        Args:
            policy: Measured, not changed.
            step: Training step.

        Returns:
            Name `objective/{name}` or `qc/{name}` → value, and the measurement.

        Raises:
            FloatingPointError: If the policy's logits are not finite.
        """
        held_out = self._measure(policy, step)
        self.rung += 1
        row = {
            name if name.startswith("qc/") else f"objective/{name}": value
            for name, value in held_out.metrics.items()
        }
        return {**row, "objective/rung": float(self.rung)}, held_out

    def _measure(self, policy: PreTrainedModel, step: int) -> HeldOut:
        config = self._config
        arguments: SampleArguments = {
            "max_new_tokens": config.max_completion_length,
            "temperature": EVAL_TEMPERATURE,
            "top_p": EVAL_TOP_P,
            "seed": EVAL_SEED,
        }
        if self._starter_texts is None:
            completions, policy_log_p = starter_completions(
                policy, self._tokenizer, self._prompts, **arguments
            )
            reference_log_p = policy_log_p
        else:
            completions = sample(policy, self._tokenizer, self._prompts, **arguments)
            policy_log_p = token_log_probabilities(policy, completions)
            reference_log_p = token_log_probabilities(self._reference, completions)
        texts = completions.texts
        samples = [Sample(p, c) for p, c in zip(self._prompts, texts, strict=True)]
        # If nothing of the starting model can be scored, the reward is broken. Later the policy is.
        score = partial(score_some, self._suite) if self._starter_texts is None else self._suite.score
        scores = score(samples)
        statistics = component_statistics([scores])
        mask = completions.completion_mask
        metrics = {
            **reference_figures(scores, config.eval_samples),
            "kl": sampled_kl(policy_log_p, reference_log_p, mask),
            "entropy": sampled_entropy(policy_log_p, mask),
            **asdict(measure(texts, self._starter_texts or texts, config.eval_samples)),
            "unscored": float(scores.unscored),
            "mean_length": completions.mean_length,
            "truncated_fraction": completions.truncated_fraction,
        }
        quality = None
        if self._quality is not None:
            quality = quality_scores(self._quality, samples)
            metrics |= quality_figures(quality, config.eval_samples)
        by_distinct = config.objective == "qc_distinct"
        metrics["score"] = metrics["qc/distinct_pass_rate" if by_distinct else "reference"]
        for name in scores.components:
            if f"reward_components/{name}/mean" in statistics:
                metrics[f"components/{name}"] = statistics[f"reward_components/{name}/mean"]
        return HeldOut(step, metrics, self._prompts, completions, scores, quality)
