"""Labelled runs for benchmarks/health.py: simulated ones, and recorded ones of real training.

There are two sets, which share no seed, no shape of a curve and no recorded run. With `tuning` the checks and
thresholds of `agent.health` were chosen; `final` only measures them. Four healthy runs that were recorded for
`final` came close to a false alarm. The checks were then changed for them (similarity is judged by its rise
towards 1, KL on the policy's own completions), so these runs were moved to `tuning` and replaced. seed_8,
whose near copies rise to 72 %, was moved too: the limit of `memorised` was raised for it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agent.health.finding import Kind
from benchmarks.curves.faults import SHAPES, Set
from benchmarks.curves.shapes import Curves, sound

RECORDED = Path(__file__).parent
SEEDS: dict[Set, int] = {"tuning": 100, "final": 90_000}
"""First seed of each set; case number n of a shape uses this seed + n."""
RUNGS = 8


@dataclass(frozen=True)
class Case:
    """One run, as curves.

    Attributes:
        shape: Name of the shape of its curves.
        kinds: Kinds of its faults; empty for a healthy run. A recorded run may have several faults. Each of
            them is a correct finding; in the results the run counts under the first.
        onset: First training step of the fault.
        steps: Training steps.
        rows: Metrics by training step.
        starter: The starting model's values.
    """

    shape: str
    kinds: tuple[Kind, ...]
    onset: int
    steps: int
    rows: dict[int, dict[str, float]]
    starter: dict[str, float]


def simulated(corpus: Set, each: int, each_sound: int) -> Iterator[Case]:
    """Yield `each` simulated runs of every shape with a fault, and `each_sound` of every healthy shape."""
    for shape, kind in SHAPES[corpus]:
        for number in range(each if kind else each_sound):
            rng = np.random.default_rng([SEEDS[corpus] + number, *shape.__name__.encode()])
            curves = sound(rng, int(rng.choice([40, 60, 100, 240])))
            shape(curves)
            yield logged(curves, shape.__name__.replace("_", " ").strip(), kind)


def logged(curves: Curves, shape: str, kind: Kind | None) -> Case:
    """The run that logs these curves: noise is added, held-out values are logged at the rungs only."""
    rng, steps = curves.rng, len(curves.t)
    batch = int(rng.choice([16, 32]))
    noise = {
        "train/kl": 0.0 * curves.t,  # no noise: exact over the vocabulary, on a fixed batch
        "train/entropy": rng.normal(0, 0.05, steps) * curves.step["train/entropy"],
        "train/grad_norm": curves.step["train/grad_norm"] * (rng.lognormal(0, 0.35, steps) - 1),
        "reward_components/total_reward/mean": rng.normal(0, 0.05, steps),
    }
    step = {name: values + noise.get(name, 0.0) for name, values in curves.step.items()}
    for name in ("train/zero_variance_groups", "health/unique_fraction"):
        count = batch if name.startswith("health") else batch // 8
        step[name] = rng.binomial(count, np.clip(step[name], 0, 1)) / count
    rung = {f"objective/{name}": values.copy() for name, values in curves.rung.items()}
    rung["objective/reference"] += rng.normal(0, 1, steps) * curves.rung["error"]
    for name in ("unique_fraction", "unique_starts", "truncated_fraction"):
        rung[f"objective/{name}"] = rng.binomial(64, np.clip(rung[f"objective/{name}"], 0, 1)) / 64
    for name in ("similarity", "prompt_similarity", "entropy", "mean_length"):
        rung[f"objective/{name}"] *= 1 + rng.normal(0, 0.04, steps)
    at_rungs = {-(-steps * (i + 1) // RUNGS) for i in range(RUNGS)}
    rows = {
        n: {
            name: float(values[n - 1]) for name, values in {**step, **(rung if n in at_rungs else {})}.items()
        }
        for n in range(1, steps + 1)
    }
    starter = {f"starter/{name}": value for name, value in curves.starter.items()}
    if curves.content is not None:
        starter |= {f"starter/{name}": value for name, value in curves.content.figures(0, rng).items()}
        for n in sorted(at_rungs):
            rows[n] |= curves.content.figures(n, rng)
    starter["starter/error"] = float(curves.rung["error"][0])
    onset = int(curves.onset * steps) if kind else steps + 1
    return Case(shape, (kind,) if kind else (), onset, steps, rows, starter)


def recorded(corpus: Set) -> Iterator[Case]:
    """Yield the recorded runs of a set."""
    for name, (label, *kinds) in LABELS.items():
        if label != corpus:
            continue
        run = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
        rows: dict[int, dict[str, float]] = {}
        for metric, points in run["curves"].items():
            for step, value in points:
                rows.setdefault(step, {})[metric] = value
        yield Case(
            f"recorded {name}", tuple(kinds), 1, run["steps"], dict(sorted(rows.items())), run["starter"]
        )


LABELS: dict[str, tuple[Any, ...]] = {
    "usual_1": ("tuning",),
    "usual_2": ("tuning",),
    "slow_1": ("tuning",),
    "hot": ("tuning",),
    "cold_1": ("tuning",),
    "long_1": ("tuning",),
    # Its completions become similar at the end, but its held-out score is the highest of all: just healthy.
    "long_2": ("tuning",),
    "rate_1e-3": ("tuning",),
    "rate_2e-3": ("tuning", "reward hacking", "unstable", "KL diverging"),
    "rate_3e-3": ("tuning", "KL diverging", "unstable"),
    "rate_5e-3": ("tuning", "KL diverging", "unstable"),
    "rate_2e-2": ("tuning", "KL diverging", "collapsed", "unstable"),
    "promoter_only_1": ("tuning", "collapsed", "reward hacking"),
    # The same; its held-out score rises and stays.
    "terminator_only": ("tuning",),
    **{f"seed_{seed}": ("tuning" if seed in (1, 2, 3, 4, 5, 8) else "final",) for seed in range(1, 11)},
    # As the best run of a `make sweep`: more molecules pass, and fewer are distinct.
    "few_molecules_1": ("tuning", "collapsed"),
    "few_molecules_2": ("tuning", "collapsed", "memorised"),
    "few_molecules_3": ("final", "collapsed", "memorised"),
    # Meant to be healthy, but most of what passes is one molecule with one marker, in narrow_1 for a while.
    "narrow_1": ("tuning", "collapsed"),
    "narrow_2": ("tuning", "collapsed", "memorised"),
    # The default rewards, whose training reward rises while fewer pass; its fall is just above the noise.
    "hacked": ("final", "reward hacking"),
    # The held-out score falls at once; of the few that pass, most are the same towards the end.
    "rate_1e-3_cold": ("final", "reward hacking", "unstable", "collapsed"),
    "usual_3": ("final",),
    "usual_4": ("final",),
    "slow_2": ("final",),
    "cold_2": ("final",),
    # Meant to be healthy, but it ended with one molecule for all prompts, with a held-out score of 0.92.
    "long_3": ("final", "collapsed"),
    "rate_8e-3": ("final", "KL diverging", "collapsed", "unstable"),
    "rate_1e-2": ("final", "KL diverging", "unstable"),
    "promoter_only_2": ("final", "reward hacking", "collapsed"),
    "ori_only": ("final", "collapsed", "reward hacking", "KL diverging"),
    "marker_only": ("final", "collapsed", "reward hacking"),
    "cds_only": ("final", "collapsed", "reward hacking", "KL diverging"),
    # The first run of `make sweep`, on ten seeds; recorded after the limits were chosen.
    **{f"sweep_{seed}": ("final",) for seed in range(1, 11)},
    # Total length and fragments of parts.
    "gameable": ("final", "reward hacking"),
}
"""Set of each recorded run, and the faults that its curves show; none for a healthy run."""
