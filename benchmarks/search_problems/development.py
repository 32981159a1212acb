"""Functions with a known optimum, in the form of sweeps: a space in W&B syntax and a noisy value to maximise.

The search was developed on `DEVELOPMENT`; the functions by which it is judged are in `held_out.py`.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Point = Mapping[str, Any]


@dataclass(frozen=True)
class Function:
    """One problem.

    Attributes:
        name: Its name in the results.
        parameters: The `parameters:` section of its sweep.
        value: The noise-free value of a point, at most `best`.
        noise: Standard deviation of the noise of an observed value.
        best: The noise-free value of the best point.
    """

    name: str
    parameters: dict[str, Any]
    value: Callable[[Point], float]
    noise: float
    best: float = 1.0

    def observe(self, point: Point, rng: random.Random) -> float:
        """A value of a point as a run would log it, with noise."""
        return self.value(point) + rng.gauss(0, self.noise)


def log_range(low: float, high: float) -> dict[str, Any]:
    """A parameter that is uniform in its logarithm between `low` and `high`."""
    return {"distribution": "log_uniform_values", "min": low, "max": high}


def uniform(low: float = 0.0, high: float = 1.0) -> dict[str, Any]:
    """A parameter that is uniform between `low` and `high`."""
    return {"min": low, "max": high}


def dip(x: float, best: float, width: float) -> float:
    """0 at `best`, rising to 1 far from it."""
    return 1 - math.exp(-(((x - best) / width) ** 2))


# The shape of a real sweep: 25 parameters of every kind, six of which matter.
_MIXED = {
    **{f"rate_{i}": log_range(1e-6, 1e-3) for i in range(8)},
    **{f"share_{i}": uniform() for i in range(6)},
    **{f"count_{i}": {"min": 1, "max": 16} for i in range(4)},
    **{f"kind_{i}": {"values": ["a", "b", "c", "d"]} for i in range(5)},
    **{f"flag_{i}": {"values": [True, False]} for i in range(2)},
}


def _mixed(p: Point) -> float:
    loss = 0.3 * dip(math.log10(p["rate_0"]), -4.5, 0.8) + 0.15 * dip(math.log10(p["rate_3"]), -5.2, 1.0)
    loss += 0.15 * dip(p["share_0"], 0.3, 0.25) + 0.1 * dip(p["count_1"], 6, 4)
    return 1 - loss - 0.15 * (p["kind_2"] != "c") - 0.15 * bool(p["flag_0"])


_CHOICES = {
    **{f"flag_{i}": {"values": [True, False]} for i in range(8)},
    **{f"kind_{i}": {"values": ["a", "b", "c", "d", "e"]} for i in range(4)},
}


def _choices(p: Point) -> float:
    wanted = (True, False, False, True, False, True, True, False)
    wrong = sum(0.08 * (p[f"flag_{i}"] != value) for i, value in enumerate(wanted))
    return 1 - wrong - 0.09 * sum(p[f"kind_{i}"] != kind for i, kind in enumerate("bdea"))


_ALPHA = (1.0, 1.2, 3.0, 3.2)
_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def _hartmann(p: Point) -> float:
    """Hartmann's six-dimensional function, scaled to a maximum of 1 (Surjanovic and Bingham's library)."""
    x = [p[f"x{i}"] for i in range(6)]
    peaks = (
        alpha * math.exp(-sum(a * (xi - c) ** 2 for a, xi, c in zip(row, x, centre, strict=True)))
        for alpha, row, centre in zip(_ALPHA, _A, _P, strict=True)
    )
    return sum(peaks) / 3.32237


def _conditional(p: Point) -> float:
    """Each optimiser has its own parameters; those of the others have no effect."""
    if p["optimizer"] == "sgd":
        return 0.85 - 0.5 * dip(math.log10(p["sgd_rate"]), -1.5, 0.6) - 0.3 * dip(p["momentum"], 0.9, 0.2)
    if p["optimizer"] == "adam":
        rate, decay = math.log10(p["adam_rate"]), math.log10(p["decay"])
        return 1 - 0.5 * dip(rate, -3.6, 0.5) - 0.2 * dip(decay, -2, 1) - 0.15 * (not p["warmup"])
    return 0.7 - 0.4 * dip(math.log10(p["lion_rate"]), -4.2, 0.5)


_CONDITIONAL = {
    "optimizer": {"values": ["sgd", "adam", "lion"]},
    "sgd_rate": log_range(1e-4, 1.0),
    "momentum": uniform(),
    "adam_rate": log_range(1e-6, 1e-1),
    "decay": log_range(1e-6, 1.0),
    "warmup": {"values": [True, False]},
    "lion_rate": log_range(1e-7, 1e-2),
}


def _cliff(p: Point) -> float:
    """Rises with the learning rate up to an edge, then drops; the edge depends on `beta`."""
    rate, beta = math.log10(p["learning_rate"]), math.log10(p["beta"])
    edge = -5.0 + 0.3 * (beta + 3)
    climb = min(1.0, (rate + 7) / (edge + 7))
    return (climb if rate <= edge else 0.1) - 0.2 * dip(p["temperature"], 1.0, 0.3) - 0.1 * (p["batch"] == 8)


_CLIFF = {
    "learning_rate": log_range(1e-7, 1e-3),
    "beta": log_range(1e-4, 1e-1),
    "temperature": uniform(0.5, 1.5),
    "batch": {"values": [8, 16, 32]},
}

DEVELOPMENT = (
    Function("mixed_25d", _MIXED, _mixed, 0.05),
    Function("choices_12d", _CHOICES, _choices, 0.03),
    Function("smooth_6d", {f"x{i}": uniform() for i in range(6)}, _hartmann, 0.0),
    Function("noisy_6d", {f"x{i}": uniform() for i in range(6)}, _hartmann, 0.1),
    Function("conditional_7d", _CONDITIONAL, _conditional, 0.02),
    Function("cliff_4d", _CLIFF, _cliff, 0.03),
)
