"""A score that means nothing, yet is the same every time it is asked for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rewards.base import Evaluation, Reward, Sample


@dataclass(frozen=True)
class Random(Reward):
    """Uniform in [0, 1) from a hash of the seed, the prompt and the completion.

    Noise without state: it does not depend on the batch, its order or the process, so a control run can be
    repeated.
    """

    seed: int = 0

    name = "random"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """A hash of each sample as a number."""
        return [Evaluation(self._score(sample), "control: random") for sample in samples]

    def _score(self, sample: Sample) -> float:
        text = f"{self.seed}\0{len(sample.prompt)}\0{sample.prompt}{sample.completion}"
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=7).digest()
        return (int.from_bytes(digest) >> 3) / 2.0**53
