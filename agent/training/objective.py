"""The objective of a sweep: held-out prompts, fixed sampling, the reference suite, times the health gate."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from agent.config.run import RunConfig
from agent.health.diversity import collapse, unique_fraction
from agent.health.finding import Finding
from agent.health.kl import kl_bound
from agent.tasks.base import Task
from agent.training.divergence import sampled_kl
from agent.training.sampling import Completions, sample
from agent.training.scoring import component_statistics, score_some
from rewards.base import Sample

EVAL_SEED = 1234
"""The same for every run of every sweep: objectives compare only on equal draws."""
EVAL_TEMPERATURE = 0.95
EVAL_TOP_P = 0.9
"""Of the held-out sampling, as in the published plasmid evaluation; not the run's own, which are swept."""


@dataclass(frozen=True)
class HeldOut:
    """One measurement on the held-out prompts.

    Attributes:
        reference: mean total of the reference suite, in [0, 1].
        kl: KL to the starting model on these completions, nats per token.
        components: mean raw score per component of the reference suite.
        unscored: completions that could not be scored; they are not in `reference`.
        findings: what is unhealthy here.
        completions: what was sampled.
        totals: reference total per completion, NaN where unscored.
    """

    reference: float
    kl: float
    components: dict[str, float]
    unscored: int
    findings: tuple[Finding, ...]
    completions: Completions
    totals: tuple[float, ...]


class Objective:
    """Measures the objective of one run at its rungs.

    The gate is latched: a run found unhealthy scores 0 from then on, so that no search is drawn to it.

    Args:
        config: of the run.
        task: gives the held-out prompts and the reference suite.
        reference: the starting model; kept unchanged.
        tokenizer: of both.
    """

    def __init__(
        self, config: RunConfig, task: Task, reference: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
    ) -> None:
        self._config = config
        self._suite = task.reference_suite
        self._prompts = [p for p in task.prompts.held_out for _ in range(config.eval_samples)]
        self._reference = reference
        self._tokenizer = tokenizer
        self.findings: list[Finding] = []
        self.starter = self._measure(reference, step=0, starter_texts=None)
        self.rung = 0

    def restore(self, rung: int, findings: list[dict[str, Any]]) -> None:
        """Go on from the counters of a saved state."""
        self.rung = rung
        self.findings = [Finding(**finding) for finding in findings]

    def at_rung(self, policy: PreTrainedModel, step: int) -> tuple[dict[str, float], HeldOut]:
        """Measure `policy`; returns the metrics of this rung and the measurement behind them."""
        held_out = self._measure(policy, step, self.starter.completions.texts)
        self.findings.extend(held_out.findings)
        self.rung += 1
        gate = 0.0 if self.findings else 1.0
        row = {
            "objective/score": held_out.reference * gate,
            "objective/reference": held_out.reference,
            "objective/gate": gate,
            "objective/kl": held_out.kl,
            "objective/unique_fraction": unique_fraction(held_out.completions.texts),
            "objective/unscored": float(held_out.unscored),
            "objective/mean_length": held_out.completions.mean_length,
            "objective/rung": float(self.rung),
        }
        row |= {f"objective/components/{name}": value for name, value in held_out.components.items()}
        return row, held_out

    def _measure(self, policy: PreTrainedModel, step: int, starter_texts: list[str] | None) -> HeldOut:
        config = self._config
        rows = sample(
            policy,
            self._tokenizer,
            self._prompts,
            max_new_tokens=config.max_completion_length,
            temperature=EVAL_TEMPERATURE,
            top_p=EVAL_TOP_P,
            seed=EVAL_SEED,
        )
        samples = [Sample(p, c) for p, c in zip(self._prompts, rows.texts, strict=True)]
        scores = score_some(self._suite, samples)
        scored = scores.totals[~np.isnan(scores.totals)]
        statistics = component_statistics([scores])
        kl = 0.0 if starter_texts is None else sampled_kl(policy, self._reference, rows)
        findings: list[Finding | None] = [kl_bound(kl, config.health_kl_max, step)]
        if starter_texts is not None:
            findings.append(
                collapse(
                    rows.texts, starter_texts, config.health_unique_min, config.health_similarity_max, step
                )
            )
        return HeldOut(
            reference=float(scored.mean()),
            kl=kl,
            components={n: statistics[f"reward_components/{n}/mean"] for n in scores.components},
            unscored=scores.unscored,
            findings=tuple(f for f in findings if f is not None),
            completions=rows,
            totals=tuple(float(t) for t in scores.totals),
        )
