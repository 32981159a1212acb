"""Draws docs/figures/{phases,reward_threshold}.svg from two real runs of the starter.

python docs/figures/options.py
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from agent.config.run import RunConfig
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.stop import StopRequest
from agent.training.run import train_run

HERE = Path(__file__).parent
STEPS = 60
COMMON = {
    "max_steps": STEPS,
    "rungs": 6,
    "max_completion_length": 128,
    "learning_rate": 3e-5,
    "learning_rate_scale": 10,
    "per_device_train_batch_size": 16,
    "eval_prompts": 16,
    "final_temperatures": [],
    "seed": 1,
}
PHASES = [
    {"steps": 30, "temperature": 1.3, "top_p": 1.0, "beta": 0.0, "learning_rate": 5e-5},
    {"steps": 30, "temperature": 0.8, "top_p": 0.9, "beta": 0.05, "learning_rate": 2e-5},
]
THRESHOLD = 0.45
REWARD = "reward_components/total_reward/mean"


def trained(**params: Any) -> list[dict[str, float]]:
    """The rows of one real run."""
    config = RunConfig.from_params({**COMMON, **params})
    with tempfile.TemporaryDirectory() as folder:
        train_run(config, Sinks(RunDirectory(Path(folder), config.flat())), StopRequest())
        return [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]


def draw(name: str, rows: list[dict[str, float]], panels: list[tuple[str, list[str]]]) -> None:
    """One panel under the other over training steps: (label, metrics)."""
    figure, axes = plt.subplots(
        len(panels), 1, figsize=(7, 1.9 * len(panels)), sharex=True, layout="constrained"
    )
    for axis, (label, metrics) in zip(axes, panels, strict=True):
        for metric in metrics:
            points = [(row["train/global_step"], row[metric]) for row in rows if metric in row]
            style = "o-" if metric.startswith("objective/") else "-"
            axis.plot(*zip(*points, strict=True), style, markersize=4, label=metric)
        axis.set_ylabel(label)
        axis.legend(fontsize=7, frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("training step")
    figure.savefig(HERE / f"{name}.svg", metadata={"Date": None})


def main() -> None:
    """Train both runs and draw them."""
    plt.rcParams["svg.hashsalt"] = "sweepfarm"
    draw(
        "phases",
        trained(phases=PHASES),
        [
            ("setting", ["train/temperature", "train/top_p"]),
            ("beta", ["train/beta"]),
            ("reward", [REWARD, "objective/score"]),
            ("KL", ["train/kl"]),
            ("entropy", ["train/entropy"]),
        ],
    )
    draw(
        "reward_threshold",
        trained(reward_threshold=THRESHOLD),
        [
            ("share", ["train/kept_fraction"]),
            ("reward", [REWARD, "objective/score"]),
            ("gradient norm", ["train/grad_norm"]),
        ],
    )


if __name__ == "__main__":
    main()
