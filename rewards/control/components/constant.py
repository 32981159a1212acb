"""Reward that is the same for every sample."""

from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample


@dataclass(frozen=True)
class Constant(Reward):
    """Score `value`, in [0, 1], for every sample. All groups have zero variance, so nothing can be learned.

    Raises:
        ValueError: If the value is outside [0, 1].
    """

    value: float = 0.0

    name = "constant"

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"constant needs a value in [0, 1], got {self.value}")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, all with the score `value`."""
        return [Evaluation(self.value, "control: constant") for _ in samples]
