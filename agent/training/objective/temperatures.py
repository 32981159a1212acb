"""The final evaluation: the policy and the starting model at several sampling temperatures.

The objective samples at one temperature, and so a gain in it may be an artefact of that temperature.
"""

import math
import sys

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from agent.tasks.base import Task
from agent.training.lifecycle.context import RunContext
from agent.training.objective.baseline import starter_completions
from agent.training.objective.held_out import quality_figures, reference_figures
from agent.training.objective.sampling import SampleArguments, sample
from rewards.base import Sample
from rewards.quality import quality_scores

FINAL_SEED = 4321
"""The same for every run, and not that of the objective, which has chosen the configuration."""
FINAL_TOP_P = 1.0
"""The whole distribution: top-p would hide the unlikely tokens that a high temperature draws."""

_QUALITY = ("qc/pass_rate", "qc/error", "qc/distinct_pass_rate", "qc/novelty")


def final_evaluation(
    context: RunContext,
    task: Task,
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
) -> dict[str, float]:
    """The figures of `policy` and of the starting model at each of the `final_temperatures`.

    Both models write the same number of completions of the same held-out prompts. The values of a temperature
    are sent to the summary as soon as both are measured. A stop request ends the evaluation after the
    temperature that is being measured, as does a lack of memory, because the run itself has succeeded.

    Args:
        context: Of the run.
        task: Gives the held-out prompts, the reference suite and the quality control.
        policy: The trained model.
        reference: The starting model.
        tokenizer: Of both models.

    Returns:
        Name `temperature/{temperature}/{name}` → value for the policy, and the same names after `starter/`
        for the starting model. See the table of metrics.

    Raises:
        FloatingPointError: If a model's logits are not finite.
    """
    config = context.config
    prompts = [p for p in task.prompts.held_out for _ in range(config.final_samples)]
    values: dict[str, float] = {}
    for number, temperature in enumerate(config.final_temperatures, start=1):
        where = f"T = {temperature} ({number} of {len(config.final_temperatures)})"
        if context.stop:
            context.on_evaluation(f"final evaluation ended before {where}: the run was asked to stop")
            break
        context.on_evaluation(f"final evaluation at {where}")
        arguments: SampleArguments = {
            "max_new_tokens": config.max_completion_length,
            "temperature": temperature,
            "top_p": FINAL_TOP_P,
            "seed": FINAL_SEED,
        }
        try:
            trained = sample(policy, tokenizer, prompts, **arguments).texts
            untrained = starter_completions(reference, tokenizer, prompts, **arguments)[0].texts
        except torch.OutOfMemoryError:
            print(
                f"sweepfarm: out of memory with {len(prompts)} completions: the final evaluation ends before"
                f" {where}; set a smaller final_samples",
                file=sys.stderr,
            )
            break
        found: dict[str, float] = {}
        for prefix, texts in (("", trained), ("starter/", untrained)):
            samples = [Sample(p, c) for p, c in zip(prompts, texts, strict=True)]
            figures = _figures(task, samples, config.final_samples)
            found |= {f"{prefix}temperature/{temperature}/{name}": value for name, value in figures.items()}
        context.sinks.summarise(found)
        values |= found
    return values


def _figures(task: Task, samples: list[Sample], group: int) -> dict[str, float]:
    """Name → value of the figures of `samples`, `group` of each prompt; values of nothing are left out."""
    figures = {"completions": float(len(samples))}
    reference = reference_figures(task.reference_suite.score(samples), group)
    if math.isfinite(reference["error"]):  # else fewer than two could be scored
        figures |= reference
    if task.quality is not None:
        types = tuple(f"qc/{kind}_types" for kind in task.quality.kinds)
        found = quality_figures(quality_scores(task.quality, samples), group)
        kept = {name: found[name] for name in (*_QUALITY, *types) if name in found}
        figures |= {name: value for name, value in kept.items() if math.isfinite(value)}
    return figures
