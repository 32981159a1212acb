"""Faults of runs, one per shape, and the set of benchmarks/health.py to which each shape belongs.

The faults are large: the KL reaches at least 2 nats/token; the held-out score loses at least 0.25, with a
standard error of 0.01 to 0.04; at most a quarter of the completions are distinct, or they share at least
three quarters of their parts, or a dozen molecules at most, or one alone, make up most of what passes. The
benchmark also prints how soon they are found.
"""

from typing import Literal

import numpy as np

from agent.health.finding import Kind
from benchmarks.curves.contents import Content, sound_content
from benchmarks.curves.shapes import (
    Array,
    Curves,
    Shape,
    flat,
    late,
    learning,
    linear,
    single_spikes,
    stairs,
    strong,
    two_phases,
    wavy,
)

Set = Literal["tuning", "final"]


def _kl_exponential(c: Curves) -> None:
    grown = c.rng.uniform(3, 8) * (np.exp(4 * c.fault) - 1) / np.expm1(4)
    c.step["train/kl"], c.rung["kl"] = c.step["train/kl"] + grown, c.rung["kl"] + 0.8 * grown


def _kl_step(c: Curves) -> None:
    high = c.rng.uniform(2, 6) * (c.fault > 0)
    c.step["train/kl"], c.rung["kl"] = c.step["train/kl"] + high, c.rung["kl"] + high


def _kl_logistic(c: Curves) -> None:
    grown = c.rng.uniform(2.5, 7) / (1 + np.exp(-(c.fault - 0.4) * 14)) * (c.fault > 0)
    c.step["train/kl"], c.rung["kl"] = c.step["train/kl"] + 0.6 * grown, c.rung["kl"] + grown


def _kl_swinging(c: Curves) -> None:
    """KL oscillates with a growing amplitude, back to 0 in between."""
    grown = c.rng.uniform(3, 6) * c.fault * np.abs(np.sin(c.fault * 20))
    c.step["train/kl"], c.rung["kl"] = c.step["train/kl"] + grown, c.rung["kl"] + 0.7 * grown


def _kl_linear(c: Curves) -> None:
    grown = c.rng.uniform(2.5, 6) * c.fault
    c.step["train/kl"], c.rung["kl"] = c.step["train/kl"] + 0.7 * grown, c.rung["kl"] + grown


def _spoil(c: Curves, names: list[str], towards: float, course: Array) -> None:
    """Move held-out metrics along `course` from their values to `towards`."""
    for name in names:
        c.rung[name] = c.rung[name] + (towards - c.rung[name]) * course


def _copies(c: Curves) -> None:
    """All completions gradually become one, while the reward rises to 0.98."""
    remaining = c.rng.uniform(0.03, 0.15)
    c.step["health/unique_fraction"] *= 1 - (1 - remaining) * c.fault
    c.step["train/entropy"] = c.step["train/entropy"] * (1 - 0.95 * c.fault)
    _spoil(c, ["unique_fraction", "unique_starts"], remaining, c.fault)
    _spoil(c, ["similarity", "prompt_similarity"], 0.95, c.fault)
    _spoil(c, ["entropy"], 0.05, c.fault)
    reward = "reward_components/total_reward/mean"
    c.step[reward] = c.step[reward] + (0.98 - c.step[reward]) * c.fault


def _near_copies(c: Curves) -> None:
    """Completions are distinct but very similar: only long k-mers show it."""
    _spoil(c, ["similarity", "prompt_similarity"], c.rng.uniform(0.75, 0.98), c.fault)


def _one_opening(c: Curves) -> None:
    """Completions are distinct but have the same beginning."""
    _spoil(c, ["unique_starts"], c.rng.uniform(0.05, 0.25), np.minimum(1, 2 * c.fault))


def _one_per_prompt(c: Curves) -> None:
    """Completions differ between prompts; those of one prompt are similar."""
    _spoil(c, ["prompt_similarity"], c.rng.uniform(0.8, 1.0), c.fault**0.5)


def _certain(c: Curves) -> None:
    """Entropy drops at once."""
    drop = c.rng.uniform(0.9, 0.99) * (1 - np.exp(-c.fault * 12))
    c.step["train/entropy"] = c.step["train/entropy"] * (1 - drop)
    c.rung["entropy"] = c.rung["entropy"] * (1 - drop)


def _few_modes(c: Curves) -> None:
    """The share of distinct completions falls in steps, as one mode after another is lost."""
    remaining = np.maximum(0.06, 0.5 ** np.floor(c.fault * 5))
    c.step["health/unique_fraction"] *= remaining
    _spoil(c, ["unique_fraction"], 0.05, 1 - remaining)


def _templates(c: Curves) -> None:
    """One template with different words: completions are distinct and share few words."""
    c.starter["template_share"] = c.rng.uniform(0.02, 0.08)
    c.rung["template_share"] = c.starter["template_share"] + c.rng.uniform(0.5, 0.9) * c.fault


def _fall(c: Curves, course: Array, depth: float) -> None:
    """Lower the held-out score by `depth` along a course, while the training reward rises."""
    c.rung["reference"] = np.maximum(0.02, c.rung["reference"] - depth * course)
    reward = "reward_components/total_reward/mean"
    c.step[reward] = c.step[reward] + (0.93 - c.step[reward]) * np.maximum(c.fault, 0.5 * c.t)


def _hack_linear(c: Curves) -> None:
    c.learn(1 - np.exp(-c.t * 5))
    _fall(c, c.fault, c.rng.uniform(0.3, 0.5))


def _hack_crash(c: Curves) -> None:
    """The held-out score drops within one rung and stays low."""
    c.learn(1 - np.exp(-c.t * 5))
    _fall(c, 1 / (1 + np.exp(-(c.fault - 0.25) * 40)), c.rng.uniform(0.25, 0.5))


def _hack_decay(c: Curves) -> None:
    """The held-out score falls quickly at first, then slowly."""
    c.learn(1 - np.exp(-c.t * 5))
    _fall(c, 1 - np.exp(-3 * c.fault), c.rng.uniform(0.3, 0.5))


def _hack_from_the_start(c: Curves) -> None:
    """The held-out score never rises; it falls with the square of time."""
    c.learn(0 * c.t)
    c.starter["reference"] = 0.5
    c.rung["reference"] = np.full(len(c.t), 0.5)
    _fall(c, c.fault**2, c.rng.uniform(0.3, 0.45))


def _gradient(c: Curves) -> None:
    c.step["train/grad_norm"] = c.step["train/grad_norm"] * np.exp(5 * c.fault)


def _gradient_jump(c: Curves) -> None:
    c.step["train/grad_norm"] = c.step["train/grad_norm"] + c.rng.uniform(15, 80) * (c.fault > 0)


def _kl_spike(c: Curves) -> None:
    place = int(c.onset * len(c.t)) + 1
    c.step["train/kl"] *= 0.3
    c.step["train/kl"][place] = c.rng.uniform(0.8, 1.3)


def _kl_spike_decaying(c: Curves) -> None:
    place = int(c.onset * len(c.t)) + 1
    after = np.arange(len(c.t) - place)
    c.step["train/kl"] *= 0.3
    c.step["train/kl"][place:] += c.rng.uniform(0.7, 1.2) * np.exp(-after / 2)


def _no_signal(c: Curves) -> None:
    _towards(c, "train/zero_variance_groups", 0.97, c.fault)


def _no_signal_at_once(c: Curves) -> None:
    _towards(c, "train/zero_variance_groups", 1.0, (c.fault > 0) * 1.0)


def _saturated(c: Curves) -> None:
    _towards(c, "reward_components/total_reward/mean", 0.99, c.fault)


def _saturated_early(c: Curves) -> None:
    _towards(c, "reward_components/total_reward/mean", 1.0, 1 - np.exp(-8 * c.fault))


def _towards(c: Curves, name: str, value: float, course: Array) -> None:
    c.step[name] = c.step[name] + (value - c.step[name]) * course


def _longer(c: Curves) -> None:
    c.rung["mean_length"] = c.rung["mean_length"] * (1 + c.rng.uniform(1.5, 4) * c.fault)


def _shorter(c: Curves) -> None:
    c.rung["mean_length"] = c.rung["mean_length"] * (1 - c.rng.uniform(0.75, 0.95) * c.fault**0.5)


def _cut_off(c: Curves) -> None:
    c.starter["truncated_fraction"] = 0.1
    c.rung["truncated_fraction"] = 0.1 + 0.85 * c.fault


def _cut_off_at_once(c: Curves) -> None:
    c.starter["truncated_fraction"] = 0.2
    c.rung["truncated_fraction"] = 0.2 + c.rng.uniform(0.65, 0.8) * (c.fault > 0)


def _content(c: Curves) -> Content:
    """The content of the run; drawn anew for a run without quality control."""
    if c.content is None:
        c.content = sound_content(c.rng, c.t)
    return c.content


def _few_molecules(c: Curves) -> None:
    """More completions pass, and nearly all of these are a few molecules."""
    content = _content(c)
    content.passing[1:] += (c.rng.uniform(0.3, 0.5) - content.passing[1:]) * c.fault
    content.favourites = int(c.rng.integers(3, 13))
    content.favoured[1:] += (c.rng.uniform(0.9, 1.0) - content.favoured[1:]) * c.fault


def _one_favourite(c: Curves) -> None:
    """One molecule becomes a third to two thirds of those that pass, at once."""
    content = _content(c)
    content.passing = content.passing + 0.1
    content.favourites = 1
    content.favoured[1:] += (c.rng.uniform(0.35, 0.7) - content.favoured[1:]) * (c.fault > 0)


def _several_types(c: Curves, types: int) -> Content:
    """A content in which several types of origins pass, and often enough to tell them apart."""
    content = _content(c)
    content.samples = max(content.samples, 128)
    content.passing = content.passing + 0.08
    shares = np.concatenate([[c.rng.uniform(0.4, 0.65)], np.ones(types - 1)])
    shares[1:] *= (1 - shares[0]) / (types - 1)
    content.types = np.tile(shares, (len(c.t) + 1, 1))
    return content


def _one_origin(c: Curves) -> None:
    """One type of origin takes over gradually."""
    content = _several_types(c, int(c.rng.integers(2, 6)))
    only = np.zeros(content.types.shape[1])
    only[int(c.rng.integers(len(only)))] = 1
    content.types[1:] += (only - content.types[1:]) * np.minimum(1, 1.5 * c.fault)[:, None]


def _origins_lost(c: Curves) -> None:
    """The types of origins are lost one after the other, until the most frequent one is left."""
    content = _several_types(c, 4)
    for place in (3, 2, 1):
        content.types[1:, place] *= c.fault < 0.15 * (4 - place)
    content.types /= content.types.sum(axis=1, keepdims=True)


def _recites(c: Curves) -> None:
    """Completions become copies of the training corpus."""
    content, course = _content(c), np.minimum(1, 1.5 * c.fault)
    content.copies[1:] += (c.rng.uniform(0.85, 1.0) - content.copies[1:]) * course
    content.novelty[1:] *= 1 - c.rng.uniform(0.85, 1.0) * course


def _recites_at_once(c: Curves) -> None:
    """Completions are copies of the training corpus from one step on."""
    content = _content(c)
    content.copies[1:] += (c.rng.uniform(0.85, 1.0) - content.copies[1:]) * (c.fault > 0)
    content.novelty[1:] *= 1 - c.rng.uniform(0.8, 0.95) * (c.fault > 0)


def _recites_more(c: Curves) -> None:
    """More completions are copies, and the others are as new as before."""
    content = _content(c)
    content.copies[1:] += c.rng.uniform(0.5, 0.7) * (1 - content.copies[1:]) * c.fault


def _recites_half(c: Curves) -> None:
    """Half of the completions are copies from one step on."""
    content = _content(c)
    content.copies[1:] += c.rng.uniform(0.45, 0.6) * (1 - content.copies[1:]) * (c.fault > 0)


def _quality_hack(c: Curves) -> None:
    """Hardly any completion passes any more, while the rewards rise."""
    content = _content(c)
    content.samples = max(content.samples, 128)
    content.passing = content.passing + 0.25
    content.passing[1:] *= 1 - 0.95 * np.minimum(1, 1.5 * c.fault)
    reward = "reward_components/total_reward/mean"
    c.step[reward] = c.step[reward] + (0.93 - c.step[reward]) * np.maximum(c.fault, 0.5 * c.t)


SHAPES: dict[Set, tuple[tuple[Shape, Kind | None], ...]] = {
    "tuning": (
        (learning, None), (flat, None), (linear, None), (single_spikes, None),
        (_kl_exponential, "KL diverging"), (_kl_step, "KL diverging"), (_copies, "collapsed"),
        (_near_copies, "collapsed"), (_certain, "collapsed"), (_hack_linear, "reward hacking"),
        (_gradient, "unstable"), (_kl_spike, "KL spike"), (_no_signal, "no signal"),
        (_saturated, "reward saturated"), (_longer, "length shift"), (_cut_off, "truncated"),
        (_few_molecules, "collapsed"), (_one_origin, "collapsed"), (_recites, "memorised"),
        (_recites_more, "memorising"),
    ),
    "final": (
        (late, None), (stairs, None), (two_phases, None), (wavy, None), (strong, None),
        (_kl_logistic, "KL diverging"), (_kl_swinging, "KL diverging"), (_kl_linear, "KL diverging"),
        (_one_opening, "collapsed"), (_one_per_prompt, "collapsed"), (_few_modes, "collapsed"),
        (_templates, "collapsed"), (_hack_crash, "reward hacking"), (_hack_decay, "reward hacking"),
        (_hack_from_the_start, "reward hacking"), (_gradient_jump, "unstable"),
        (_kl_spike_decaying, "KL spike"), (_no_signal_at_once, "no signal"),
        (_saturated_early, "reward saturated"), (_shorter, "length shift"), (_cut_off_at_once, "truncated"),
        (_one_favourite, "collapsed"), (_origins_lost, "collapsed"), (_recites_at_once, "memorised"),
        (_recites_half, "memorising"), (_quality_hack, "reward hacking"),
    ),
}  # fmt: skip
