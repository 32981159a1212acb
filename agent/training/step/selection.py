"""Which of a step's samples train: a reward threshold, and the best of each group."""

import torch


def kept_samples(
    rewards: torch.Tensor, group: int, reward_threshold: float | None, best_of_n: int | None
) -> torch.Tensor:
    """Choose the samples whose tokens enter the loss.

    The advantages are not touched: group statistics stay those of all samples, so a kept sample is pushed as
    hard as it would be otherwise.

    Args:
        rewards: [B] total rewards, groups of `group` consecutive samples; NaN where unscored.
        group: completions per prompt.
        reward_threshold: samples below it do not train; `None` keeps all.
        best_of_n: keep the this many best of each group, the earlier of two equals; `None` keeps all.

    Returns:
        [B] bool. An unscored sample is never kept once anything is chosen by reward.
    """
    keep = torch.ones_like(rewards, dtype=torch.bool)
    if reward_threshold is not None:
        keep &= rewards >= reward_threshold
    if best_of_n is not None:
        grouped = rewards.nan_to_num(nan=-torch.inf).view(-1, group)
        rank = grouped.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        keep &= (rank < best_of_n).view(-1) & ~rewards.isnan()
    return keep
