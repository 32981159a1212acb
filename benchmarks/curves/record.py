"""Records the curves of real runs for benchmarks/health.py: the starter on CPU, with good and bad settings.

`python -m benchmarks.curves.record [NAME ...]` trains the named runs (all of `RUNS` by default, about a
minute each on one core) and writes `benchmarks/curves/NAME.json`. The health limits are so wide that an
unhealthy run continues to its end and its whole curve is recorded.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from agent.config.run import RunConfig
from agent.health.checks import watched
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.stop import StopRequest
from agent.training.run import train_run
from rewards.plasmid.suite import REFERENCE
from server.search.random_search import random_point
from server.search.space import parse_sweep_config
from sweepfarm.definition.sweep_file import read_sweep

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(__file__).parent
BUDGET = {
    "max_steps": 48,
    "rungs": 8,
    "max_completion_length": 128,
    "eval_prompts": 16,
    "eval_samples": 2,
    "final_temperatures": [],
    "per_device_train_batch_size": 16,
    "num_generations": 8,
}
WIDE_OPEN = {
    "health_kl_max": 1e9,
    "health_unique_min": 0.0,
    "health_similarity_rise": 1.0,
    "health_template_max": 1.0,
    "health_entropy_min": 0.0,
    "health_fall_noise": 1e9,
    "health_gradient_max": 1e9,
    "health_coincidence_rise": 1.0,
    "health_distinct_min": 0.0,
    "health_minority_min": 0.0,
    "health_copies_rise": 1.0,
    "health_copies_max": 1.0,
}
MANY = {"max_steps": 60, "max_completion_length": 192, "eval_prompts": 32, "eval_samples": 4}
"""Completions as long as those of `make sweep` and twice as many, for runs that content is judged by."""
REFERENCE_MANY = {**MANY, **REFERENCE.model_dump(exclude_unset=True)}
"""The same, trained on the reference suite itself."""
ONLY = {f"reward_{part}_weight": 0.0 for part in ("ori", "promoter", "terminator", "marker", "cds")} | {
    "reward_repeat_penalty": 0.0,
    "reward_homopolymer_penalty": 0.0,
}
"""Switches all components off; a run then switches one on. Narrow rewards are the ones that get hacked."""
MAKE_SWEEP = parse_sweep_config(
    read_sweep(ROOT / "sweep_config.yaml", ROOT / "sweeps" / "overlays" / "cpu.yaml")
)

RUNS: dict[str, dict[str, Any]] = {
    "usual_1": {"learning_rate": 3e-4, "beta": 1e-3, "seed": 1},
    "usual_2": {"learning_rate": 3e-4, "beta": 1e-2, "seed": 2},
    "usual_3": {"learning_rate": 2e-4, "beta": 1e-3, "seed": 11},
    "usual_4": {"learning_rate": 5e-4, "beta": 1e-2, "seed": 12, "num_generations": 4},
    "slow_1": {"learning_rate": 3e-5, "beta": 1e-3, "seed": 3},
    "slow_2": {"learning_rate": 1e-4, "beta": 1e-3, "seed": 13},
    "hot": {"learning_rate": 3e-4, "temperature": 1.3, "seed": 4},
    "cold_1": {"learning_rate": 3e-4, "temperature": 0.8, "seed": 14},
    "cold_2": {"learning_rate": 4e-4, "temperature": 0.8, "seed": 21},
    "long_1": {"learning_rate": 5e-4, "beta": 1e-3, "seed": 23, "max_steps": 96},
    "long_2": {"learning_rate": 4e-4, "beta": 2e-3, "seed": 24, "temperature": 1.0, "max_steps": 96},
    "long_3": {"learning_rate": 3e-4, "beta": 1e-3, "seed": 25, "max_steps": 96},
    "rate_1e-3": {"learning_rate": 1e-3, "beta": 1e-3, "seed": 5},
    "rate_2e-3": {"learning_rate": 2e-3, "beta": 0.0, "seed": 9, "temperature": 0.7},
    "rate_3e-3": {"learning_rate": 3e-3, "beta": 0.0, "seed": 8, "num_iterations": 4},
    "rate_5e-3": {"learning_rate": 5e-3, "beta": 0.0, "seed": 7},
    "rate_8e-3": {"learning_rate": 8e-3, "beta": 0.0, "seed": 16, "max_grad_norm": 2.0},
    "rate_1e-2": {"learning_rate": 1e-2, "beta": 1e-3, "seed": 15},
    "rate_2e-2": {"learning_rate": 2e-2, "beta": 0.0, "seed": 6, "max_grad_norm": 10.0},
    "promoter_only_1": {
        "learning_rate": 1e-3, "beta": 0.0, "seed": 10, **ONLY, "reward_promoter_weight": 1.0,
        "reward_promoter_max": 10,
    },
    "promoter_only_2": {
        "learning_rate": 7e-4, "beta": 0.0, "seed": 19, "temperature": 1.1, **ONLY,
        "reward_promoter_weight": 1.0,
    },
    "terminator_only": {
        "learning_rate": 1e-3, "beta": 0.0, "seed": 17, **ONLY, "reward_terminator_weight": 1.0,
    },
    "ori_only": {"learning_rate": 1e-3, "beta": 0.0, "seed": 18, **ONLY, "reward_ori_weight": 1.0},
    "marker_only": {"learning_rate": 1e-3, "beta": 0.0, "seed": 22, **ONLY, "reward_marker_weight": 1.0},
    "cds_only": {"learning_rate": 1e-3, "beta": 0.0, "seed": 20, **ONLY, "reward_cds_weight": 1.0},
    **{
        f"seed_{n}": {
            "learning_rate": 1e-4, "beta": 1e-2, "temperature": 1.3, "seed": 100 + n, **REFERENCE_MANY,
        }
        for n in range(1, 11)
    },
    "narrow_1": {"learning_rate": 2e-4, "beta": 1e-3, "temperature": 1.0, "seed": 101, **REFERENCE_MANY},
    "narrow_2": {"learning_rate": 2e-4, "beta": 1e-3, "temperature": 1.0, "seed": 102, **REFERENCE_MANY},
    "hacked": {"learning_rate": 2e-4, "beta": 1e-3, "temperature": 1.0, "seed": 102, **MANY},
    "few_molecules_1": {
        "learning_rate": 1.65e-4, "beta": 1.4e-3, "temperature": 0.735, "seed": 42, **MANY,
        "per_device_train_batch_size": 32, "num_generations": 16, "epsilon": 0.22, "reward_ori_weight": 0.0,
        "reward_promoter_weight": 2.0, "reward_promoter_max": 10, "reward_marker_weight": 2.0,
        "reward_cds_weight": 2.0, "reward_punish_mode": True, "reward_length_penalty": False,
        "reward_min_length": 500, "reward_location_aware": False,
    },
    "few_molecules_2": {"learning_rate": 5e-4, "beta": 1e-4, "temperature": 0.7, "seed": 43, **MANY},
    "few_molecules_3": {"learning_rate": 3e-4, "beta": 1e-3, "temperature": 0.72, "seed": 45, **MANY},
    "rate_1e-3_cold": {"learning_rate": 1e-3, "beta": 0.0, "temperature": 0.8, "seed": 44, **MANY},
    **{f"sweep_{n}": {**MAKE_SWEEP.first_points[0], "seed": 200 + n} for n in range(1, 11)},
    **{f"point_{n}": {**random_point(MAKE_SWEEP, n), "seed": 300 + n} for n in range(1, 11)},
    "gameable": {
        "learning_rate": 3e-4, "beta": 0.01, "seed": 1, "suite": "benchmarks/gameable/suite.yaml",
        "max_steps": 200, "max_completion_length": 96, "eval_prompts": 64, "per_device_train_batch_size": 32,
    },
}  # fmt: skip


def main() -> None:
    """Train the named runs and write their curves."""
    for name in sys.argv[1:] or RUNS:
        with tempfile.TemporaryDirectory() as folder:
            config = RunConfig.from_params({**BUDGET, **WIDE_OPEN, **RUNS[name]})
            directory = RunDirectory(Path(folder), config.flat())
            summary = Summary()
            train_run(config, Sinks(directory, summary), StopRequest())
            write(name, directory, summary.summary)
        print(f"wrote {name}.json", flush=True)


class Summary:
    """Takes the place of a W&B run and keeps the summary."""

    def __init__(self) -> None:
        self.summary: dict[str, Any] = {}
        self.starting_step = 0

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Do nothing: the rows are in the run directory."""


def write(name: str, directory: RunDirectory, summary: dict[str, Any]) -> None:
    """Write the metrics that health checks use, rounded to four digits."""
    rows = directory.rows()
    curves = {
        metric: [[row["train/global_step"], float(f"{row[metric]:.4g}")] for row in rows if metric in row]
        for metric in sorted({name for row in rows for name in watched(row)})
    }
    starter = {key: float(f"{value:.4g}") for key, value in summary.items() if key.startswith("starter/")}
    steps = RUNS[name].get("max_steps", BUDGET["max_steps"])
    record = {"params": BUDGET | RUNS[name], "steps": steps, "starter": starter, "curves": curves}
    (FOLDER / f"{name}.json").write_text(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
