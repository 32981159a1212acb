"""A sweep's program with a known landscape: the point decides whether, how and when a run becomes unhealthy.

Only the numbers are made up. The agent's own monitor judges the run's health, and the gated objective is
logged as in a training run. Unhealthy runs score higher than good ones until they are detected.
"""

import time
from pathlib import Path
from tempfile import mkdtemp

import wandb

from agent.health.checks import HealthLimits
from agent.health.finding import Kind
from agent.health.monitor import Monitor
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks

RUNGS = 8
STEPS_PER_RUNG = 5
STEPS = RUNGS * STEPS_PER_RUNG
SECONDS_PER_RUNG = 0.7
START = 0.4
"""Held-out score of the starting model."""
STARTER = {
    "score": START, "reference": START, "error": 0.01, "entropy": 2.0, "kl": 0.0, "mean_length": 100.0,
    "truncated_fraction": 0.2, "unique_fraction": 1.0, "unique_starts": 1.0, "similarity": 0.1,
    "prompt_similarity": 0.1, "template_share": 0.02,
}  # fmt: skip

REGIONS = (
    (0.2, "collapsing"), (0.4, "exploding"), (0.55, "hacking"), (0.7, "dead"), (0.85, "slow"), (1.0, "good"),
)  # fmt: skip
"""Each region with the `x` at which it ends."""
EXPECTED: dict[str, tuple[int, Kind, int]] = {
    "collapsing": (3 * STEPS_PER_RUNG, "collapsed", 3 * STEPS_PER_RUNG),
    "exploding": (2 * STEPS_PER_RUNG, "KL diverging", 2 * STEPS_PER_RUNG),
    "hacking": (5 * STEPS_PER_RUNG, "reward hacking", 4 * STEPS_PER_RUNG),
}
"""For each unhealthy region: the training step of detection, the kind, and the step of the finding."""
BAD_SHARE = 0.55
"""Share of the space that is unhealthy: what a random search would spend there."""


def region(x: float) -> str:
    """The name of the region that contains `x`."""
    return next(name for end, name in REGIONS if x <= end)


def held_out(where: str, y: float, rung: int) -> dict[str, float]:
    """The held-out measurements of a rung, without the gate."""
    values = dict(STARTER)
    gone = rung / RUNGS
    ends = {"collapsing": 0.95, "exploding": 0.9, "hacking": 0.85, "dead": 0.4, "slow": 0.75, "good": 0.7}
    course = {"slow": gone**1.5, "good": gone**0.5}.get(where, min(1.0, 2 * gone))
    values["reference"] = START + (ends[where] - START) * course * (0.7 + 0.3 * y)
    del values["score"]
    if where == "collapsing" and rung >= 3:
        values |= {"unique_fraction": 0.05, "unique_starts": 0.05, "similarity": 0.95}
    if where == "exploding" and rung >= 2:
        values["kl"] = 4.0
    if where == "hacking" and rung >= 5:
        values["reference"] = 0.3
    return values


def main() -> None:
    """Run one point."""
    with wandb.init() as run:
        x, y = float(run.config["x"]), float(run.config["y"])
        where = region(x)
        starter = {f"starter/{name}": value for name, value in STARTER.items()}
        sinks = Sinks(RunDirectory(Path(mkdtemp(dir=".")), dict(run.config)), run)
        sinks.summarise({**starter, "region": where})
        monitor = Monitor(HealthLimits(), STEPS, starter)
        for step in range(1, STEPS + 1):
            reward = 0.5 + (0.44 if where in EXPECTED else 0.2) * min(1.0, 2 * step / STEPS)
            row = {"reward_components/total_reward/mean": reward, "train/kl": 0.01, "train/entropy": 2.0}
            if step % STEPS_PER_RUNG == 0:
                time.sleep(SECONDS_PER_RUNG)
                row |= {f"objective/{n}": v for n, v in held_out(where, y, step // STEPS_PER_RUNG).items()}
            monitor.observe(step, row)
            if step % STEPS_PER_RUNG == 0:
                monitor.check()
                row["objective/gate"] = 0.0 if monitor.fatal else 1.0
                row["objective/score"] = row["objective/gate"] * row["objective/reference"]
            sinks.log(step, row, {})
            sinks.record(monitor.findings)
            if monitor.fatal:
                break


if __name__ == "__main__":
    main()
