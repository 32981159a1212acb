"""Curves of healthy runs, from which benchmarks/health.py makes all simulated runs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.curves.contents import Content, sound_content

Array = NDArray[np.float64]


@dataclass
class Curves:
    """The curves of a run that learns and is healthy, to which a shape adds a fault.

    Attributes:
        rng: Random generator of the case.
        t: [steps] progress in (0, 1].
        onset: Progress at which a fault begins, in [0.3, 0.6].
        fault: [steps] progress of the fault: 0 up to the onset and 1 at the end.
        step: Metrics of every step, [steps] each.
        rung: Held-out metrics, [steps] each, although only the values at the rungs are logged.
        starter: Held-out metrics of the starting model.
        content: What the completions are like; None for a task without quality control.
    """

    rng: np.random.Generator
    t: Array
    onset: float
    fault: Array
    step: dict[str, Array]
    rung: dict[str, Array]
    starter: dict[str, float]
    content: Content | None = None

    def learn(self, progress: Array) -> None:
        """Let reward and held-out score follow `progress`, [steps] in [0, 1]."""
        reward, score = "reward_components/total_reward/mean", "reference"
        self.step[reward] = self.step[reward][0] + (0.85 - self.step[reward][0]) * progress * 0.8
        start = self.starter["reference"]
        self.rung[score] = start + (0.8 - start) * progress * self.rng.uniform(0.2, 0.9)


def sound(rng: np.random.Generator, steps: int) -> Curves:
    """The curves of a healthy run, whose levels vary as those of real runs do."""
    t = np.arange(1, steps + 1) / steps
    onset = rng.uniform(0.3, 0.6)
    entropy, reward, score = rng.uniform(1.0, 4.5), rng.uniform(0.2, 0.5), rng.uniform(0.2, 0.5)
    learned = 1 - np.exp(-t * rng.uniform(1, 4))
    length, cut = rng.uniform(40, 200), rng.uniform(0, 0.4)
    unique, similar = rng.uniform(0.85, 1.0), rng.uniform(0.05, 0.25)
    curves = Curves(
        rng=rng,
        t=t,
        onset=onset,
        fault=np.clip((t - onset) / (1 - onset), 0, 1),
        step={
            "train/kl": rng.uniform(0.01, 0.5) * t ** rng.uniform(0.7, 1.5),
            "train/entropy": entropy * (1 - rng.uniform(-0.05, 0.3) * learned),
            "train/grad_norm": np.full(steps, rng.uniform(0.1, 1.5)),
            "train/zero_variance_groups": np.full(steps, rng.uniform(0, 0.3)),
            "reward_components/total_reward/mean": np.full(steps, reward),
            "health/unique_fraction": np.full(steps, unique),
        },
        rung={
            "reference": np.full(steps, score),
            "error": np.full(steps, rng.uniform(0.01, 0.04)),
            "kl": rng.uniform(0.01, 0.4) * t,
            "entropy": entropy * (1 - rng.uniform(-0.05, 0.3) * learned),
            "unique_fraction": np.full(steps, unique),
            "unique_starts": np.full(steps, unique * rng.uniform(0.8, 1)),
            "similarity": similar + rng.uniform(0, 0.25) * learned,
            "prompt_similarity": similar + 0.03 + rng.uniform(0, 0.25) * learned,
            "template_share": np.zeros(steps),
            "mean_length": length * (1 + rng.uniform(-0.2, 0.3) * learned),
            "truncated_fraction": cut + rng.uniform(0, 0.3) * learned,
        },
        starter={},
    )
    curves.starter = {
        "reference": score, "entropy": entropy, "unique_fraction": unique, "unique_starts": unique,
        "similarity": similar, "prompt_similarity": similar + 0.03, "template_share": 0.0,
        "mean_length": length, "truncated_fraction": cut,
    }  # fmt: skip
    curves.learn(learned)
    if rng.random() < 0.7:
        curves.content = sound_content(rng, learned)
    return curves


Shape = Callable[[Curves], None]


def learning(c: Curves) -> None:
    """Learns quickly first, then slowly. This is what `sound` makes."""


def flat(c: Curves) -> None:
    """Learns nothing."""
    c.learn(0 * c.t)


def linear(c: Curves) -> None:
    """Learns steadily."""
    c.learn(c.t)


def single_spikes(c: Curves) -> None:
    """Three gradient norms are far above the others."""
    for place in c.rng.choice(len(c.t), 3, replace=False):
        c.step["train/grad_norm"][place] *= c.rng.uniform(5, 30)


def late(c: Curves) -> None:
    """Learns nothing for two thirds, then all at once."""
    c.learn(1 / (1 + np.exp(-(c.t - 0.7) * 15)))


def stairs(c: Curves) -> None:
    """Learns in three steps."""
    c.learn(np.floor(c.t * 3) / 3)


def two_phases(c: Curves) -> None:
    """Exploration, then refinement at a lower temperature: entropy and KL jump in the middle."""
    second = c.t > 0.5
    c.step["train/entropy"] = c.step["train/entropy"] * np.where(second, 0.6, 1.2)
    c.step["train/kl"] = c.step["train/kl"] + 0.08 * second


def wavy(c: Curves) -> None:
    """Reward and KL oscillate while they rise."""
    c.learn(c.t + 0.06 * np.sin(c.t * 18))
    c.step["train/kl"] = c.step["train/kl"] * (1 + 0.3 * np.sin(c.t * 25))


def strong(c: Curves) -> None:
    """Learns almost everything; the KL is as high as a healthy run may have."""
    c.learn(1 - np.exp(-c.t * 6))
    c.step["train/kl"], c.rung["kl"] = 0.9 * c.t**0.5, 0.8 * c.t**0.5
