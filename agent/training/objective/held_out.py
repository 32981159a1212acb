"""The objective of a sweep: held-out prompts, fixed sampling, the reference suite.

What is measured here times the health gate is `objective/score`; the gate belongs to the run's `Monitor`.
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
from agent.training.objective.sampling import Completions, Settings, sample
from agent.training.scoring import component_statistics, score_some
from rewards.base import Sample
from rewards.compose import SuiteScores

EVAL_SEED = 1234
"""The same for every run of every sweep: objectives compare only on equal draws."""
EVAL_TEMPERATURE = 0.95
EVAL_TOP_P = 0.9
"""Of the held-out sampling, as in the published plasmid evaluation; not the run's own, which are swept."""


@dataclass(frozen=True)
class HeldOut:
    """One measurement on the held-out prompts.

    Attributes:
        step: training step; 0 for the starting model.
        metrics: what was measured, by the names of the glossary without `objective/`.
        prompts: one per completion, the samples of a prompt side by side.
        completions: what was sampled.
        scores: what the reference suite says of each.
    """

    step: int
    metrics: dict[str, float]
    prompts: list[str]
    completions: Completions
    scores: SuiteScores

    @property
    def reference(self) -> float:
        """Mean total of the reference suite, in [0, 1]."""
        return self.metrics["reference"]

    @property
    def finding(self) -> Finding | None:
        """That nothing could be scored, if so: `reference` is 0 then for want of a value."""
        return nothing_scored(self.scores.unscored, len(self.prompts), self.step)


class Objective:
    """Measures the objective of one run at its rungs.

    Args:
        config: of the run.
        task: gives the held-out prompts and the reference suite.
        reference: the starting model; kept unchanged.
        tokenizer: of both.

    Attributes:
        starter: the measurement of the starting model.
        rung: measurements of the policy so far.
    """

    def __init__(
        self, config: RunConfig, task: Task, reference: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
    ) -> None:
        self._config = config
        self._suite = task.reference_suite
        self._prompts = [p for p in task.prompts.held_out for _ in range(config.eval_samples)]
        self._reference = reference
        self._tokenizer = tokenizer
        self._starter_texts: list[str] | None = None
        self.starter = self._measure(reference, step=0)
        self._starter_texts = self.starter.completions.texts
        self.rung = 0

    def restore(self, rung: int) -> None:
        """Go on from the counter of a saved state."""
        self.rung = rung

    def starter_values(self) -> dict[str, float]:
        """The starting model's metrics, as summary values `starter/{name}`."""
        values = {f"starter/{name}": value for name, value in self.starter.metrics.items()}
        return {"starter/score": self.starter.reference, **values}

    def at_rung(self, policy: PreTrainedModel, step: int) -> tuple[dict[str, float], HeldOut]:
        """Measure `policy`; returns the metrics of this rung, gate apart, and the measurement behind them."""
        held_out = self._measure(policy, step)
        self.rung += 1
        row = {f"objective/{name}": value for name, value in held_out.metrics.items()}
        return {**row, "objective/rung": float(self.rung)}, held_out

    def _measure(self, policy: PreTrainedModel, step: int) -> HeldOut:
        config = self._config
        settings: Settings = {
            "max_new_tokens": config.max_completion_length,
            "temperature": EVAL_TEMPERATURE,
            "top_p": EVAL_TOP_P,
            "seed": EVAL_SEED,
        }
        if self._starter_texts is None:
            rows, own = starter_completions(policy, self._tokenizer, self._prompts, **settings)
            theirs = own
        else:
            rows = sample(policy, self._tokenizer, self._prompts, **settings)
            own, theirs = (token_log_probabilities(model, rows) for model in (policy, self._reference))
        samples = [Sample(p, c) for p, c in zip(self._prompts, rows.texts, strict=True)]
        # A reward that scores nothing of the starting model is broken; later it is the policy.
        score = partial(score_some, self._suite) if self._starter_texts is None else self._suite.score
        scores = score(samples)
        scored = scores.totals[~np.isnan(scores.totals)]
        statistics = component_statistics([scores])
        mask = rows.completion_mask
        metrics = {
            "reference": float(scored.mean()) if scored.size else 0.0,
            "error": error_of_mean(scores.totals, config.eval_samples),
            "kl": sampled_kl(own, theirs, mask),
            "entropy": sampled_entropy(own, mask),
            **asdict(measure(rows.texts, self._starter_texts or rows.texts, config.eval_samples)),
            "unscored": float(scores.unscored),
            "mean_length": rows.mean_length,
            "truncated_fraction": rows.truncated_fraction,
        }
        for name in scores.components:
            if f"reward_components/{name}/mean" in statistics:
                metrics[f"components/{name}"] = statistics[f"reward_components/{name}/mean"]
        return HeldOut(step, metrics, self._prompts, rows, scores)
