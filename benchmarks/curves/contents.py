"""What the completions of a simulated run are like, from which figures of the quality control are drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rewards.base import Sample
from rewards.quality import Originality, Quality, Verdict, quality_scores

Array = NDArray[np.float64]

SIZES = (64, 128, 256)
"""Numbers of held-out completions of a rung."""


@dataclass
class Content:
    """Probabilities by progress; entry 0 of an array is the starting model, entry n training step n.

    Attributes:
        samples: Number of completions of a rung.
        passing: [steps + 1] probability that a completion passes.
        favoured: [steps + 1] probability that a passing completion is one of the favourite molecules.
        favourites: Number of favourite molecules, equally frequent.
        others: Number of other molecules, equally frequent.
        types: [steps + 1, types] shares of the types of origins.
        novelty: [steps + 1] mean novelty.
        copies: [steps + 1] probability that a completion is a near copy.
    """

    samples: int
    passing: Array
    favoured: Array
    favourites: int
    others: int
    types: Array
    novelty: Array
    copies: Array

    def figures(self, step: int, rng: np.random.Generator) -> dict[str, float]:
        """Figures of the quality control of drawn completions, `qc/{name}`; step 0 is the starting model."""
        drawn = _Drawn(self, step, rng)
        scores = quality_scores(drawn, [Sample("", "")] * self.samples)
        rate = scores.figures["pass_rate"]
        error = math.sqrt(rate * (1 - rate) / self.samples)
        return {"qc/error": error, **{f"qc/{name}": value for name, value in scores.figures.items()}}


def sound_content(rng: np.random.Generator, learned: Array) -> Content:
    """The content of a healthy run: more completions pass, and they stay about as diverse as at the start.

    Args:
        rng: Random generator of the case.
        learned: [steps] progress of learning in [0, 1].
    """
    course = np.concatenate([[0.0], learned])
    start = rng.uniform(0.05, 0.3)
    shares = rng.dirichlet(np.full(int(rng.integers(1, 6)), 1.5))
    drifted = shares * rng.uniform(0.6, 1.4, len(shares))
    drifted /= drifted.sum()
    return Content(
        samples=int(rng.choice(SIZES)),
        passing=start + rng.uniform(0, 0.5) * course,
        favoured=rng.uniform(0, 0.2) + rng.uniform(0, 0.15) * course,
        favourites=int(rng.integers(4, 16)),
        others=int(rng.integers(80, 500)),
        types=shares + np.outer(course, drifted - shares),
        novelty=rng.uniform(0.15, 0.5) * (1 + rng.uniform(-0.4, 0.2) * course),
        copies=rng.uniform(0.05, 0.4) + rng.uniform(0, 0.12) * course,
    )


@dataclass
class _Drawn(Quality):
    """The quality control of completions that are drawn instead of judged."""

    content: Content
    step: int
    rng: np.random.Generator
    _passed: NDArray[np.bool_] = field(init=False)

    kinds = ("origin",)

    def __post_init__(self) -> None:
        self._passed = self.rng.random(self.content.samples) < self.content.passing[self.step]

    def verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        shares = self.content.types[self.step]
        types = self.rng.choice(len(shares), len(samples), p=shares / shares.sum())
        return [
            Verdict(bool(passed), bool(passed), {"origin": (f"type {kind}",)}, "")
            for passed, kind in zip(self._passed, types, strict=True)
        ]

    def clusters(self, samples: Sequence[Sample]) -> list[int]:
        content, count = self.content, len(samples)
        favoured = self.rng.random(count) < content.favoured[self.step]
        favourites = self.rng.integers(0, content.favourites, count)
        others = content.favourites + self.rng.integers(0, content.others, count)
        numbers: list[int] = np.where(favoured, favourites, others).tolist()
        return numbers

    def originality(self, samples: Sequence[Sample]) -> list[Originality | None]:
        novelty = np.clip(self.content.novelty[self.step] + self.rng.normal(0, 0.2, len(samples)), 0, 1)
        copied = self.rng.random(len(samples)) < self.content.copies[self.step]
        return [
            Originality(float(new), bool(copy), pieces=1) for new, copy in zip(novelty, copied, strict=True)
        ]

    def pieces(self, samples: Sequence[Sample]) -> list[NDArray[np.uint64]]:
        raise NotImplementedError("drawn completions have no content")
