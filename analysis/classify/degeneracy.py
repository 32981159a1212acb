"""Degenerate completions: did the recorded text or DNA of a run lose diversity?

For runs that did not log the diversity of their completions at every rung as the agent does: those of other
trainers above all.
"""

from dataclasses import replace
from itertools import groupby

import pandas as pd

from agent.health.collapse import CollapseLimits, degenerate
from agent.health.finding import Finding
from analysis.read.table import STEP

MIN_COMPLETIONS = 8
"""Fewest completions that can be judged; smaller tables say nothing."""


def degenerate_completions(samples: pd.DataFrame, limits: CollapseLimits) -> Finding | None:
    """Lost diversity of the completions of the last recorded step, compared with those of the first.

    The first step stands for the starting model.

    Args:
        samples: See `analysis.read.table.SweepTable.samples`.
        limits: How much diversity may be lost.
    """
    first, last = int(samples[STEP].min()), int(samples[STEP].max())
    now, start = (samples[samples[STEP] == step] for step in (last, first))
    if first == last or min(len(now), len(start)) < MIN_COMPLETIONS:
        return None
    groups = {_per_prompt(now), _per_prompt(start)}
    group = groups.pop() if len(groups) == 1 else 1
    found = degenerate(list(now["completion"]), list(start["completion"]), limits, last, group)
    if found is None or first == 0:
        return found
    return replace(found, evidence=f"{found.evidence}; by tables of completions, the first of step {first}")


def _per_prompt(samples: pd.DataFrame) -> int:
    """Number of completions per prompt, if all prompts have the same number side by side; else 1."""
    if "prompt" not in samples:
        return 1
    sizes = {len(list(group)) for _, group in groupby(samples["prompt"])}
    return sizes.pop() if len(sizes) == 1 else 1
