"""Functions on which the search was not developed: committed before any engine was run on them.

They are of the same kinds as those in `development.py`, with other shapes. Results on them are never
a reason to change the engine.
"""

import itertools
import math

from benchmarks.search_problems.development import Function, Point, dip, log_range, uniform

# 25 parameters of every kind; the best rate depends on a count, two flags have an effect only together.
_BROAD = {
    **{f"rate_{i}": log_range(1e-5, 1e-1) for i in range(6)},
    **{f"mix_{i}": uniform(-1.0, 1.0) for i in range(5)},
    **{f"count_{i}": {"min": 0, "max": 20} for i in range(4)},
    **{f"kind_{i}": {"values": ["x", "y", "z", "w"][: 3 + i % 2]} for i in range(5)},
    **{f"flag_{i}": {"values": [True, False]} for i in range(5)},
}


def _broad(p: Point) -> float:
    loss = 0.25 * dip(math.log10(p["rate_2"]), -3.2 + 0.06 * p["count_0"], 0.7)
    loss += 0.2 * dip(p["mix_1"], -0.4, 0.5) + 0.15 * dip(p["count_2"], 14, 6)
    loss += 0.15 * {"x": 0.4, "y": 0.0, "z": 1.0, "w": 1.0}[p["kind_1"]]
    return 1 - loss - 0.15 * (not p["flag_2"]) - 0.1 * (p["flag_3"] != p["flag_4"])


def _valley(p: Point) -> float:
    """Rosenbrock's valley in six dimensions, on a logarithmic scale (Surjanovic and Bingham's library)."""
    x = [p[f"x{i}"] for i in range(6)]
    height = sum(100 * (b - a * a) ** 2 + (a - 1) ** 2 for a, b in itertools.pairwise(x))
    return 1 - math.log1p(height) / 10


def _ridge(p: Point) -> float:
    """Four parameters have an effect only by a sum and a difference; much noise."""
    loss = 0.4 * dip(p["a"] + p["b"], 0.9, 0.3) + 0.3 * dip(p["c"] - p["d"], 0.25, 0.25)
    return 1 - loss - 0.3 * dip(p["e"], 0.6, 0.3)


_BRANCHES = {
    "model": {"values": ["linear", "tree", "net"]},
    "penalty": log_range(1e-6, 1e2),
    "depth": {"min": 1, "max": 12},
    "leaf": log_range(1e-4, 1e-1),
    "layers": {"min": 1, "max": 4},
    "width": {"distribution": "q_log_uniform_values", "min": 16, "max": 1024, "q": 16},
    "dropout": uniform(0.0, 0.8),
    "rate": log_range(1e-5, 1.0),
    "nesterov": {"values": [True, False]},
    "momentum": uniform(0.5, 1.0),
}


def _branches(p: Point) -> float:
    """Each model has its own parameters; dropout has an effect only with more than one layer."""
    if p["model"] == "linear":
        return 0.75 - 0.3 * dip(math.log10(p["penalty"]), -1, 1.2)
    if p["model"] == "tree":
        return 0.9 - 0.3 * dip(p["depth"], 7, 3) - 0.3 * dip(math.log10(p["leaf"]), -2.3, 0.6)
    loss = 0.3 * dip(math.log10(p["rate"]), -2.5, 0.6) + 0.15 * dip(math.log2(p["width"]), 8, 1.5)
    loss += 0.15 * (p["layers"] == 1) + 0.1 * (p["layers"] > 1) * dip(p["dropout"], 0.2, 0.25)
    return 1 - loss - 0.1 * dip(p["momentum"], 0.9, 0.15) - 0.05 * (not p["nesterov"])


_MEMORY = {
    "batch": {"values": [4, 8, 16, 32, 64]},
    "accumulate": {"values": [1, 2, 4]},
    "length": {"min": 64, "max": 512},
    "checkpointing": {"values": [True, False]},
    "rate": log_range(1e-6, 1e-2),
}


def _memory(p: Point) -> float:
    """Larger sizes are better until they do not fit into memory; then the value is 0."""
    if p["batch"] * p["length"] > (16384 if p["checkpointing"] else 8192):
        return 0.0
    small = 1 - min(1.0, p["batch"] * p["accumulate"] / 64)
    short = 1 - min(1.0, p["length"] / 384)
    return (
        1 - 0.3 * dip(math.log10(p["rate"]), -4, 0.7) - 0.3 * small - 0.3 * short - 0.05 * p["checkpointing"]
    )


_SCALES = {
    "rate": log_range(1e-6, 1.0),
    "decay": log_range(1e-8, 1e-1),
    "epsilon": log_range(1e-12, 1e-2),
    "beta": log_range(1e-5, 10.0),
    "warmup": log_range(1.0, 1e4),
}


def _scales(p: Point) -> float:
    """Many orders of magnitude; decay has an effect by its product with the rate, epsilon has none."""
    rate, decay, beta, warmup = (math.log10(p[name]) for name in ("rate", "decay", "beta", "warmup"))
    loss = 0.3 * dip(rate, -2.7, 0.6) + 0.25 * dip(rate + decay, -7, 1.0)
    return 1 - loss - 0.25 * dip(beta, -1.5, 0.8) - 0.2 * dip(warmup, 2.2, 0.7)


_SWITCHES = {
    **{f"flag_{i}": {"values": [True, False]} for i in range(10)},
    **{f"kind_{i}": {"values": ["a", "b", "c", "d", "e"][: 3 + i % 3]} for i in range(6)},
}


def _switches(p: Point) -> float:
    """Some switches have an effect alone, some only in pairs, some have none."""
    loss = 0.1 * sum(p[f"flag_{i}"] is wanted for i, wanted in ((0, True), (3, False), (6, True)))
    loss += 0.12 * (p["flag_1"] == p["flag_2"]) + 0.1 * (p["flag_8"] and not p["flag_9"])
    loss += 0.1 * (p["kind_0"] != "c") + 0.14 * {"a": 1.0, "b": 0.6, "c": 0.3, "d": 0.0}[p["kind_1"]]
    return 1 - loss - 0.12 * (p["kind_2"] != ("b" if p["flag_0"] else "d")) - 0.12 * (p["kind_3"] == "a")


_STAIRS = {
    "layers": {"min": 1, "max": 24},
    "heads": {"min": 1, "max": 16},
    "dropout": {"distribution": "q_uniform", "min": 0.0, "max": 0.5, "q": 0.05},
    "clip": {"distribution": "q_uniform", "min": 0.1, "max": 2.0, "q": 0.1},
    "warmup": {"distribution": "q_log_uniform_values", "min": 10, "max": 2000, "q": 10},
    "cycles": {"min": 1, "max": 8},
}


def _stairs(p: Point) -> float:
    """Whole numbers and multiples; the value changes in steps."""
    loss = 0.25 * dip(p["layers"], 9, 6) + 0.2 * dip(p["heads"], 12, 5) + 0.2 * dip(p["dropout"], 0.15, 0.12)
    loss += 0.15 * dip(p["clip"], 0.7, 0.5) + 0.2 * dip(math.log10(p["warmup"]), 2.3, 0.5)
    return 1 - math.floor(loss * 20) / 20


_WEIGHTS = {
    **{f"{part}_weight": {"values": [0.0, 0.5, 1.0, 2.0]} for part in ("ori", "cds", "marker", "promoter")},
    "group": {"values": [4, 8, 16]},
    "length": {"values": [500, 1000, 2000, 4000]},
    "punish": {"values": [True, False]},
    "strict": {"values": [True, False]},
    "rate": log_range(1e-6, 1e-3),
}


def _weights(p: Point) -> float:
    """Like the weights of a reward: their shares have the effect, and too large a share is hacked."""
    total = p["ori_weight"] + p["cds_weight"] + p["marker_weight"] + p["promoter_weight"]
    share = p["promoter_weight"] / total if total else 0.0
    if share >= 0.6 and not p["punish"]:
        return 0.1
    loss = 0.2 * dip(share, 1 / 3, 0.2) + 0.15 * dip(p["ori_weight"], 1.0, 0.8) + 0.1 * (p["cds_weight"] == 0)
    loss += 0.3 * dip(math.log10(p["rate"]), -4.4, 0.6) + 0.1 * dip(math.log2(p["group"]), 4, 1.5)
    return 1 - loss - 0.1 * dip(math.log2(p["length"] / 500), 1, 1.2)


HELD_OUT = (
    Function("broad_25d", _BROAD, _broad, 0.05),
    Function("valley_6d", {f"x{i}": uniform(-2.0, 2.0) for i in range(6)}, _valley, 0.0),
    Function("noisy_ridge_5d", {name: uniform() for name in "abcde"}, _ridge, 0.12),
    Function("branches_10d", _BRANCHES, _branches, 0.03),
    Function("memory_5d", _MEMORY, _memory, 0.02),
    Function("scales_5d", _SCALES, _scales, 0.03),
    Function("switches_16d", _SWITCHES, _switches, 0.03),
    Function("stairs_6d", _STAIRS, _stairs, 0.05),
    Function("weights_9d", _WEIGHTS, _weights, 0.05),
)
