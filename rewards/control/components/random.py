"""Reward that is random, but always the same for equal samples."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample


@dataclass(frozen=True)
class Random(Reward):
    """Uniform score in [0, 1), computed as a hash of the seed, the prompt and the completion.

    The score does not depend on the batch, its order or the process, so a control run can be repeated.
    """

    seed: int = 0

    name = "random"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order."""
        return [Evaluation(self._score(sample), "control: random") for sample in samples]

    def _score(self, sample: Sample) -> float:
        text = f"{self.seed}\0{len(sample.prompt)}\0{sample.prompt}{sample.completion}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=7).digest()
        return (int.from_bytes(digest) >> 3) / 2.0**53
