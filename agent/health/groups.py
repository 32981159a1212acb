"""Rewards of a step's groups: what the best of each would have been, and where the spread lies."""

import numpy as np
from numpy.typing import NDArray


def grouped(rewards: NDArray[np.float64], group: int) -> NDArray[np.float64]:
    """[P, group] rewards of the prompts of which at least one sample was scored (NaN where unscored).

    Args:
        rewards: [P * group], the samples of a prompt side by side.
        group: samples per prompt.
    """
    rows = rewards.reshape(-1, group)
    return rows[~np.isnan(rows).all(axis=1)]


def group_statistics(rewards: NDArray[np.float64], group: int) -> dict[str, float]:
    """Best-of-N, its gap to the average, and variances within groups and pooled.

    Best-of-N is the mean over prompts of the group maximum; it rises with N by itself, so values of different
    N do not compare. Variances are those of the population.

    Returns:
        `best_of_n`, `gap`, `variance_within`, `variance_pooled`; empty where nothing was scored.
    """
    rows = grouped(rewards, group)
    if not rows.size:
        return {}
    best = float(np.nanmax(rows, axis=1).mean())
    return {
        "best_of_n": best,
        "gap": best - float(np.nanmean(rows, axis=1).mean()),
        "variance_within": float(np.nanvar(rows, axis=1).mean()),
        "variance_pooled": float(np.nanvar(rows)),
    }


def error_of_mean(scores: NDArray[np.float64], group: int) -> float:
    """Standard error of the mean score over a fixed set of prompts, from the spread within prompts.

    sqrt(mean over prompts of the sample variance / number of scored samples). Two measurements on the same
    prompts differ by the draws alone, so the spread between prompts does not count. With one sample per
    prompt nothing tells the two apart: the spread over all samples stands in, which is too large.

    Args:
        scores: [P * group], the samples of a prompt side by side, NaN where unscored.
        group: samples per prompt.

    Returns:
        At least 0; NaN below two scored samples.
    """
    scored = scores[~np.isnan(scores)]
    if scored.size < 2:
        return float("nan")
    rows = scores.reshape(-1, group)
    rows = rows[(~np.isnan(rows)).sum(axis=1) > 1]
    variance = float(np.nanvar(rows, axis=1, ddof=1).mean()) if rows.size else float(scored.var(ddof=1))
    return float(np.sqrt(variance / scored.size))
