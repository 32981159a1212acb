"""How rare the content of completions is among the recent ones of a run, as factors of their rewards."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards.base import Sample
from rewards.quality import Quality, rarity

RECENT = 128
"""Completions that a batch is compared with, its own included: enough to estimate how common a part is, and
few enough to follow the policy."""


class RecentRarity:
    """Computes rarity among the latest completions, so that it does not depend on the batch size.

    Args:
        quality: Says which pieces a completion has.
        exponent: See `rewards.quality.rarity`.
    """

    def __init__(self, quality: Quality, exponent: float) -> None:
        self._quality = quality
        self._exponent = exponent
        self._recent: deque[tuple[Sample, NDArray[np.uint64]]] = deque(maxlen=RECENT)

    def __call__(self, samples: Sequence[Sample]) -> NDArray[np.float64]:
        """[B] factors in (0, 1] of a batch, which from then on belongs to the recent completions."""
        pieces = self._quality.pieces(samples)
        others = [known for _, known in self._recent][max(0, len(self._recent) + len(samples) - RECENT) :]
        self._recent.extend(zip(samples, pieces, strict=True))
        return rarity([*others, *pieces], self._exponent)[len(others) :]

    def state(self) -> list[list[str]]:
        """The recent completions with their prompts, for `restore`."""
        return [[sample.prompt, sample.completion] for sample, _ in self._recent]

    def restore(self, recent: Sequence[Sequence[str]]) -> None:
        """Continue from a saved state."""
        samples = [Sample(prompt, completion) for prompt, completion in recent]
        self._recent.clear()
        self._recent.extend(zip(samples, self._quality.pieces(samples), strict=True))
