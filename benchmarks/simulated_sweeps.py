"""Simulated sweeps with known true scores, to measure how often a rule chooses the best configuration.

A configuration is a learning rate. The true score has one optimum; runs with a high rate reach a peak and
then collapse onto a hack of the training reward. The level of the training reward is independent of the
held-out score, as in sweeps over reward weights. Early stopping ends the worst third of the runs.
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
"""True scores this close to the best count as equal to it: the distance is below the noise of one seed."""
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


@dataclass(frozen=True)
class Configuration:
    """One configuration and its true score.

    Attributes:
        lr: Its learning rate.
        truth: Expected final held-out score of its runs.
        collapses: Whether its runs peak and then collapse onto a hack of the training reward.
    """

    lr: float
    truth: float
    collapses: bool


def space(rng: np.random.Generator, count: int, equal: bool = False) -> list[Configuration]:
    """`count` random configurations, whose true score has one optimum in log(learning rate).

    High rates collapse. With `equal`, all true scores are the same and none collapses.
    """
    optimum = rng.uniform(-5.2, -4.6)
    configurations = []
    for _ in range(count):
        position = rng.uniform(-6, -4)
        if equal:
            configurations.append(Configuration(10**position, 0.6, False))
            continue
        collapses = rng.uniform() < np.clip((position + 4.7) / 0.5, 0, 0.9)
        good = 0.72 - 0.25 * (position - optimum) ** 2
        truth = 0.15 if collapses else max(STARTER, good)
        configurations.append(Configuration(10**position, truth, collapses))
    return configurations


@dataclass(frozen=True)
class Run:
    """One simulated run: held-out scores by rung, training reward and KL at every step, [STEPS] each."""

    configuration: Configuration
    seed: int
    scores: dict[int, float]
    reward: np.ndarray
    kl: np.ndarray

    def rows(self, steps: int) -> list[dict[str, float]]:
        """Its history of `steps` steps, as the W&B client returns it."""
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
    """One run of a configuration; its training reward starts at `level` and rises by `slope`."""
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
    """A sweep with a run of each configuration on each seed. `stop` ends the worst third at rung 2."""
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
    sweep = Sweep(
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
    return SweepTable(sweep, runs_frame(rows), histories)


def rules(table: SweepTable, assessed: Assessment) -> dict[str, str]:
    """Id of the run that each rule chooses: ours, and three that people use."""
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
    """Share of sweeps of 12 single-seed runs in which each rule chooses the best run or an equal one."""
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
    """Five configurations, their sweep over several seeds, and what our rule selects."""
    configurations = space(rng, 5, equal)
    table = simulate(rng, configurations, seeds, stop=False, noise=noise)
    return configurations, table, select(assess(table))


def coverage(sweeps: int, seed: int, noise: Noise) -> float:
    """Share of the intervals of configurations, over five seeds, that contain the true score."""
    covered, intervals = 0, 0
    for i in range(sweeps):
        rng = np.random.default_rng([seed, i])
        configurations, table, chosen = replicated(rng, equal=False, noise=noise)
        truth = {configuration.lr: configuration.truth for configuration in configurations}
        configs = table.configs()
        for row in chosen.ranking[chosen.ranking["seeds"] == 5].to_dict("records"):
            intervals += 1
            covered += row["low"] <= truth[configs[row["id"]]["lr"]] <= row["high"]
    return covered / intervals


def false_clear_winner(sweeps: int, seed: int, noise: Noise) -> float:
    """Share of sweeps of equal configurations for which the analysis reports a clear winner."""
    clear = 0
    for i in range(sweeps):
        clear += replicated(np.random.default_rng([seed, i]), equal=True, noise=noise)[2].clear
    return clear / sweeps
