"""Averages over the tokens of a step that is computed in several micro-batches."""

import math
from collections.abc import Sequence


def group_means(values: Sequence[float], tokens: Sequence[int], size: int) -> list[float]:
    """The mean over the tokens of each group of `size` consecutive micro-batches; NaN for one without tokens.

    Args:
        values: Mean over the tokens of each micro-batch.
        tokens: Number of tokens of each micro-batch.
        size: Micro-batches per group; their number is a multiple of it.
    """
    if size == 1:
        return [value if count else math.nan for value, count in zip(values, tokens, strict=True)]
    means = []
    for start in range(0, len(values), size):
        counts = tokens[start : start + size]
        parts = zip(values[start : start + size], counts, strict=True)
        total = sum(value * count for value, count in parts if count)
        means.append(total / sum(counts) if any(counts) else math.nan)
    return means
