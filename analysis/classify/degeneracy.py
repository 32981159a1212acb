"""Loss of diversity in the completions that a run logged.

Used for runs that did not log `objective/similarity` and the like at every rung, mostly of other trainers.
"""

from dataclasses import replace
from itertools import groupby

import pandas as pd

from agent.health.collapse import CollapseLimits, degenerate
from agent.health.finding import Finding
from analysis.read.table import STEP

MIN_COMPLETIONS = 8
"""Fewest completions that are judged; smaller tables are ignored."""


def degenerate_completions(samples: pd.DataFrame, limits: CollapseLimits) -> Finding | None:
    """The diversity that the completions of the last step lost, compared with the first step; None if none.

    The first step stands for the starting model. None too where there is only one step, or where either step
    has fewer than `MIN_COMPLETIONS` completions.

    Args:
        samples: See `analysis.read.table.SweepTable.samples`.
        limits: Limits of lost diversity.
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
    evidence = f"{found.evidence}; the table of step {first} stands for the starting model"
    return replace(found, evidence=evidence)


def _per_prompt(samples: pd.DataFrame) -> int:
    """Completions per prompt, if every prompt has the same number in consecutive rows; else 1."""
    if "prompt" not in samples:
        return 1
    sizes = {len(list(group)) for _, group in groupby(samples["prompt"])}
    return sizes.pop() if len(sizes) == 1 else 1
