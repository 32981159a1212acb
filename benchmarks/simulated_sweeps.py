"""Sweeps with a known truth, to measure how often a way of choosing is right.

A configuration is a learning rate with one optimum; high rates collapse onto a hack of the training reward
after a peak. With swept reward weights the level of the training reward says nothing about the held-out
score, and early stopping ends the worse third of the runs.
"""

import json
from dataclasses import dataclass

import numpy as np

from analysis.choose.select import Selection, select
from analysis.classify.assess import Assessment, assess
from analysis.read.sweep import Sweep
from analysis.read.table import SweepTable, history_frame, runs_frame

STEPS, RUNGS = 80, tuple(range(10, 81, 10))
STARTER = 0.30
EQUAL = 0.02
"""True values closer than this to the best are statistically equal to it: less than the noise of one seed."""
SCORE, REWARD = "objective/score", "reward_components/total_reward/mean"
OURS = "this"


@dataclass(frozen=True)
class Noise:
    """Standard deviations, in units of the score.

    Attributes:
        seed: Spread of a run's true final score around its configuration's.
        evaluation: Noise of one measurement of the held-out score.
        reward: Noise of the training reward from step to step.
    """

    seed: float
    evaluation: float
    reward: float


"""What the rules of the analysis were developed and are tested against."""


@dataclass(frozen=True)
class Configuration:
    """One configuration and its truth.

    Attributes:
        lr: Its learning rate.
        truth: Expected final held-out score of its runs.
        collapses: Whether its runs peak and then collapse onto a hack of the training reward.
    """

    lr: float
    truth: float
    collapses: bool


def space(rng: np.random.Generator, count: int, equal: bool = False) -> list[Configuration]:
    """Configurations whose score has one optimum in log(learning rate); high rates collapse."""
    optimum = rng.uniform(-5.2, -4.6)
    found = []
    for _ in range(count):
        position = rng.uniform(-6, -4)
        if equal:
            found.append(Configuration(10**position, 0.6, False))
            continue
        collapses = rng.uniform() < np.clip((position + 4.7) / 0.5, 0, 0.9)
        good = 0.72 - 0.25 * (position - optimum) ** 2
        found.append(Configuration(10**position, 0.15 if collapses else max(STARTER, good), collapses))
    return found


@dataclass(frozen=True)
class Run:
    """One simulated run: its held-out scores at the rungs, its training reward and KL at every step."""

    configuration: Configuration
    seed: int
    scores: dict[int, float]
    reward: np.ndarray
    kl: np.ndarray

    def rows(self, steps: int) -> list[dict[str, float]]:
        """Its history up to a step, as the client yields it."""
        return [
            {"_step": step, REWARD: self.reward[step - 1], "train/kl": self.kl[step - 1]}
            | ({SCORE: self.scores[step]} if step in self.scores else {})
            for step in range(1, steps + 1)
        ]


def run_once(
    rng: np.random.Generator,
    configuration: Configuration,
    seed: int,
    level: float,
    slope: float,
    noise: Noise,
) -> Run:
    """One run of a configuration; `level` and `slope` are those of its training reward."""
    progress = np.arange(1, STEPS + 1) / STEPS
    final = configuration.truth + rng.normal(0, noise.seed)
    rise = 1 - np.exp(-3 * progress)
    curve = STARTER + (final - STARTER) * rise / rise[-1]
    reward, kl = level + slope * rise, 0.05 * progress
    if configuration.collapses:
        peak = rng.uniform(0.6, 0.8)
        up = np.minimum(1, progress / 0.5)
        down = np.clip((progress - 0.5) / 0.4, 0, 1)
        curve = STARTER + (peak - STARTER) * up + (final - peak) * down
        reward = reward + 0.3 * down
        kl = kl + 0.6 * down
    reward = reward + rng.normal(0, noise.reward, STEPS)
    scores = {s: float(np.clip(curve[s - 1] + rng.normal(0, noise.evaluation), 0, 1)) for s in RUNGS}
    return Run(configuration, seed, scores, reward, kl)


def simulate(
    rng: np.random.Generator, configurations: list[Configuration], seeds: int, stop: bool, noise: Noise
) -> SweepTable:
    """Runs every configuration on every seed; `stop` ends the worse third at the second rung."""
    made = []
    for configuration in configurations:
        level, slope = rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.4)
        made += [run_once(rng, configuration, seed, level, slope, noise) for seed in range(seeds)]
    at_rung = sorted(run.scores[RUNGS[1]] for run in made)
    threshold = at_rung[len(at_rung) // 3] if stop else -1.0
    rows, histories = [], {}
    for i, run in enumerate(made):
        stopped = run.scores[RUNGS[1]] < threshold
        steps = RUNGS[1] if stopped else STEPS
        name = f"r{i:03d}"
        histories[name] = history_frame(run.rows(steps))
        outcome = "stopped early" if stopped else "finished"
        config = {"lr": run.configuration.lr, "seed": run.seed, "max_steps": STEPS}
        summary = {"outcome": outcome, "outcome_step": steps, "starter/score": STARTER}
        rows.append(
            {
                "id": name,
                "name": name,
                "state": "finished",
                "created_at": f"{i:06d}",
                "last_step": steps,
                "config": json.dumps(config),
                "summary": json.dumps(summary),
            }
        )
    of = Sweep(
        "me/simulated/s",
        "simulated",
        "FINISHED",
        "random",
        SCORE,
        True,
        ("lr", "seed"),
        ("lr",),
        stops_early=stop,
    )
    return SweepTable(of, runs_frame(rows), histories)


def rules(table: SweepTable, assessed: Assessment) -> dict[str, str]:
    """Run that each way of choosing takes: ours, and three that people use."""
    runs = assessed.runs.set_index("id")
    ended = runs.index[runs["state"] == "finished"]
    tails = {run: float(table.histories[run][REWARD].tail(10).mean()) for run in ended}
    bounded = [run for run in ended if runs.loc[run, "kl"] < 1.0] or list(ended)
    peaks = assessed.scores.groupby("id")["value"].max()
    return {
        OURS: select(assessed).best or "",
        "best final reward": max(ended, key=lambda run: float(table.histories[run][REWARD].iloc[-1])),
        "best peak": str(peaks.idxmax()),
        "KL below 1, then reward": max(bounded, key=lambda run: tails[run]),
    }


def p_best(sweeps: int, seed: int, noise: Noise) -> dict[str, float]:
    """Share of sweeps of 12 single-seed runs in which each rule takes the best or an equal one."""
    hits: dict[str, int] = {}
    for i in range(sweeps):
        rng = np.random.default_rng([seed, i])
        configurations = space(rng, 12)
        truth = {configuration.lr: configuration.truth for configuration in configurations}
        table = simulate(rng, configurations, 1, stop=True, noise=noise)
        configs = table.configs()
        for rule, run in rules(table, assess(table)).items():
            right = bool(run) and truth[configs[run]["lr"]] >= max(truth.values()) - EQUAL
            hits[rule] = hits.get(rule, 0) + right
    return {rule: count / sweeps for rule, count in hits.items()}


def replicated(
    rng: np.random.Generator, equal: bool, noise: Noise, seeds: int = 5
) -> tuple[list[Configuration], SweepTable, Selection]:
    """A sweep of five configurations over several seeds."""
    configurations = space(rng, 5, equal)
    table = simulate(rng, configurations, seeds, stop=False, noise=noise)
    return configurations, table, select(assess(table))


def coverage(sweeps: int, seed: int, noise: Noise) -> float:
    """Share of the intervals of configurations, over five seeds, that hold the truth."""
    held, counted = 0, 0
    for i in range(sweeps):
        rng = np.random.default_rng([seed, i])
        configurations, table, chosen = replicated(rng, equal=False, noise=noise)
        truth = {configuration.lr: configuration.truth for configuration in configurations}
        configs = table.configs()
        for row in chosen.ranking[chosen.ranking["seeds"] == 5].to_dict("records"):
            counted += 1
            held += row["low"] <= truth[configs[row["id"]]["lr"]] <= row["high"]
    return held / counted


def false_clear_winner(sweeps: int, seed: int, noise: Noise) -> float:
    """Share of sweeps of equal configurations that are said to have a clear winner."""
    clear = 0
    for i in range(sweeps):
        clear += replicated(np.random.default_rng([seed, i]), equal=True, noise=noise)[2].clear
    return clear / sweeps
