"""Sweeps with a known truth, to measure how often a way of choosing is right.

``python -m tests.analysis.simulated --sweeps 500`` prints the figures as JSON.
"""

import json
import sys
from dataclasses import dataclass

import numpy as np

from analysis.assess import Assessment, assess
from analysis.select import Selection, select
from analysis.table import SweepTable
from tests.analysis.recorded import Recorder, rows, sweep

STEPS, RUNGS = 80, tuple(range(10, 81, 10))
STARTER = 0.30
SEED_NOISE, EVAL_NOISE, REWARD_NOISE = 0.03, 0.02, 0.05
EQUAL = 0.02
"""True values closer than this to the best are statistically equal to it: less than the noise of one seed."""
REWARD = "reward_components/total_reward/mean"


@dataclass(frozen=True)
class Configuration:
    """One configuration and its truth.

    Attributes:
        lr: its learning rate.
        truth: expected final held-out score of its runs.
        collapses: whether its runs peak and then collapse onto a hack of the training reward.
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


def simulate(
    rng: np.random.Generator, configurations: list[Configuration], seeds: int, stop: bool
) -> SweepTable:
    """Runs every configuration on every seed; `stop` ends the worse third at the second rung."""
    recorder = Recorder(sweep("lr", "seed", log_scaled=("lr",)))
    progress = np.arange(1, STEPS + 1) / STEPS
    made = []
    for configuration in configurations:
        # With swept weights the level of the training reward says nothing about the score.
        level, slope = rng.uniform(0.2, 0.6), rng.uniform(0.1, 0.4)
        for seed in range(seeds):
            final = configuration.truth + rng.normal(0, SEED_NOISE)
            rise = 1 - np.exp(-3 * progress)
            curve = STARTER + (final - STARTER) * rise / rise[-1]
            reward, kl = level + slope * rise, 0.05 * progress
            if configuration.collapses:
                peak = rng.uniform(0.6, 0.8)
                up = np.minimum(1, progress / 0.5)
                down = np.clip((progress - 0.5) / 0.4, 0, 1)
                curve = STARTER + (peak - STARTER) * up + (final - peak) * down
                reward = reward + 0.3 * down
                kl = 0.05 * progress + 0.6 * down
            reward = reward + rng.normal(0, REWARD_NOISE, STEPS)
            scores = {s: float(np.clip(curve[s - 1] + rng.normal(0, EVAL_NOISE), 0, 1)) for s in RUNGS}
            made.append((configuration, seed, scores, reward, kl))
    at_rung = sorted(scores[RUNGS[1]] for _, _, scores, _, _ in made)
    threshold = at_rung[len(at_rung) // 3] if stop else -1.0
    for i, (configuration, seed, scores, reward, kl) in enumerate(made):
        stopped = scores[RUNGS[1]] < threshold
        steps = RUNGS[1] if stopped else STEPS
        kept = {step: value for step, value in scores.items() if step <= steps}
        signals = {REWARD: reward[:steps].tolist(), "train/kl": kl[:steps].tolist()}
        summary = {"outcome": "stopped early" if stopped else "finished", "starter/score": STARTER}
        config = {"lr": configuration.lr, "seed": seed, "max_steps": STEPS}
        recorder.run(f"r{i:03d}", rows(kept, steps, signals), config=config, summary=summary)
    return recorder.table()


def rules(table: SweepTable, assessed: Assessment) -> dict[str, str]:
    """Run that each way of choosing takes: ours, and three that people use."""
    runs = assessed.runs.set_index("id")
    ended = runs.index[runs["state"] == "finished"]
    tails = {run: float(table.histories[run][REWARD].tail(10).mean()) for run in ended}
    bounded = [run for run in ended if runs.loc[run, "kl"] < 1.0] or list(ended)
    peaks = assessed.scores.groupby("id")["value"].max()
    return {
        "this": select(assessed).best or "",
        "best final reward": max(ended, key=lambda run: float(table.histories[run][REWARD].iloc[-1])),
        "best peak": str(peaks.idxmax()),
        "KL below 1, then reward": max(bounded, key=lambda run: tails[run]),
    }


def p_best(sweeps: int, seed: int = 0) -> dict[str, float]:
    """Share of sweeps of 12 single-seed runs in which each rule takes the best or an equal one."""
    hits: dict[str, int] = {}
    for i in range(sweeps):
        rng = np.random.default_rng([seed, i])
        configurations = space(rng, 12)
        truth = {configuration.lr: configuration.truth for configuration in configurations}
        table = simulate(rng, configurations, 1, stop=True)
        configs = table.configs()
        for rule, run in rules(table, assess(table)).items():
            right = bool(run) and truth[configs[run]["lr"]] >= max(truth.values()) - EQUAL
            hits[rule] = hits.get(rule, 0) + right
    return {rule: count / sweeps for rule, count in hits.items()}


def replicated(
    rng: np.random.Generator, equal: bool, seeds: int = 5
) -> tuple[list[Configuration], SweepTable, Selection]:
    """A sweep of five configurations over several seeds, as a confirmation runs it."""
    configurations = space(rng, 5, equal)
    table = simulate(rng, configurations, seeds, stop=False)
    return configurations, table, select(assess(table))


def coverage(sweeps: int, seed: int = 1) -> float:
    """Share of the intervals of configurations, over seeds, that hold the truth."""
    held, counted = 0, 0
    for i in range(sweeps):
        configurations, table, chosen = replicated(np.random.default_rng([seed, i]), equal=False)
        truth = {configuration.lr: configuration.truth for configuration in configurations}
        configs = table.configs()
        for row in chosen.ranking[chosen.ranking["seeds"] == 5].itertuples():
            counted += 1
            held += row.low <= truth[configs[row.id]["lr"]] <= row.high
    return held / counted


def false_clear_winner(sweeps: int, seed: int = 2) -> float:
    """Share of sweeps of equal configurations that are said to have a clear winner."""
    return (
        sum(replicated(np.random.default_rng([seed, i]), equal=True)[2].clear for i in range(sweeps)) / sweeps
    )


def true_clear_winner(sweeps: int, seed: int = 3) -> tuple[float, float]:
    """Over sweeps of unequal configurations: how often a winner is called clear, and how often wrongly so."""
    clear, wrong = 0, 0
    for i in range(sweeps):
        configurations, table, chosen = replicated(np.random.default_rng([seed, i]), equal=False)
        if chosen.clear and chosen.best:
            clear += 1
            truth = {configuration.lr: configuration.truth for configuration in configurations}
            wrong += truth[table.configs()[chosen.best]["lr"]] < max(truth.values())
    return clear / sweeps, wrong / sweeps


if __name__ == "__main__":
    count = int(sys.argv[sys.argv.index("--sweeps") + 1]) if "--sweeps" in sys.argv else 500
    clear, wrong = true_clear_winner(count)
    figures = {
        "sweeps": count,
        "p_best": p_best(count),
        "coverage": coverage(count),
        "false_clear_winner": false_clear_winner(count),
        "clear_winner": clear,
        "wrong_clear_winner": wrong,
    }
    print(json.dumps(figures, indent=2))
