"""The program of a test sweep: logs the metrics of a GRPO run from a known curve, without a model."""

import os
import random
import signal
import sys
import time
from pathlib import Path

import wandb

STEPS = 40
RUNGS = (10, 20, 30, 40)
DEFAULT_LR = 0.1
SEED_NOISE = 0.005
SAMPLED = 1.0
"""Learning rate of the only run that logs completions."""
COLUMNS = ["step", "prompt", "completion", "reference", "ori", "explanation"]


def score(lr: float, step: int, seed: int | None = None) -> float:
    """The score of the known curve at a step. A seed moves it up or down by at most `SEED_NOISE`."""
    luck = 0.0 if seed is None else SEED_NOISE * random.Random(f"{lr} {seed}").uniform(-1, 1)
    return 0.3 + 0.4 * lr * step / STEPS + luck


def samples(step: int) -> list[list[object]]:
    """Eight completions with rising scores, and an unscored one."""
    scored = [[step, "<b>", f"</p><script>{i}", i / 10, i / 10, f"ori: {i} found"] for i in range(8)]
    return [*scored, [step, "<b>", "not DNA", None, None, "ori: unscored"]]


HOLD = "PROGRAM_HOLD"
"""Variable that names a folder. Runs with seed `HELD` create a file in it half-way, then wait for `go`."""
HELD = 2


def hold(run_id: str) -> None:
    folder = Path(os.environ[HOLD])
    (folder / run_id).touch()
    while not (folder / "go").exists():
        time.sleep(0.1)


def main() -> None:
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # exits cleanly, so that W&B learns of the end at once
    with wandb.init() as run:
        lr, seed = float(run.config.get("lr", DEFAULT_LR)), run.config.get("seed")
        run.config.update({"max_steps": STEPS, "model": "starter", "flag": True, "config_hash": "abc"})
        run.summary["starter/score"] = 0.3
        for step in range(1, STEPS + 1):
            row = {
                "train/kl": 0.01 * lr * step / STEPS,
                "train/loss": 0.1,
                "reward_components/total_reward/mean": 0.5,
            }
            if step in RUNGS:
                row["objective/score"] = score(lr, step, seed)
            if lr > 2 and step == 15:
                row["train/loss"] = float("nan")
            if lr == SAMPLED and step in RUNGS:
                row["samples"] = wandb.Table(columns=COLUMNS, data=samples(step))
            run.log(row, step=step)
            if HOLD in os.environ and seed == HELD and step == STEPS // 2:
                hold(run.id)
        run.summary["outcome"] = "finished"
        run.summary["outcome_step"] = STEPS


if __name__ == "__main__":
    main()
