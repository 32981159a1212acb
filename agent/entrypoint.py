"""The program of a sweep: take the parameters of one run from W&B, train it, say how it ended."""

import os
import sys
from pathlib import Path
from typing import Any

from agent.config.run import ConfigError, RunConfig
from agent.training.stop import StopRequest

EXIT_OF_OUTCOME = {"finished": 0, "stopped early": 0, "unhealthy": 0, "preempted": 143}
"""An unhealthy run did its work: it found a bad point. 143 = 128 + SIGTERM."""
EXIT_BAD_CONFIG = 2


def run_directory(group: str, run_id: str) -> Path:
    """`$SWEEPFARM_RUNS` (default `runs`) / sweep id, or project where there is none / run id."""
    return Path(os.environ.get("SWEEPFARM_RUNS", "runs")) / group / run_id


def main() -> int:
    """Run one configuration of a sweep; the return value is the exit code.

    Parameters are read from `wandb.config`, never from argv, so that what ran is what is recorded.
    """
    stop = StopRequest()
    stop.install()
    import wandb

    settings = wandb.Settings(stop_fn=lambda: stop.ask("stopped early"))
    with wandb.init(settings=settings) as run:
        try:
            config = RunConfig.from_params(dict(run.config))
            return _train(config, run, stop)
        except ConfigError as error:
            run.summary.update({"outcome": "failed", "error": str(error)})
            print(f"sweepfarm: {error}", file=sys.stderr)
            run.finish(exit_code=EXIT_BAD_CONFIG)
            return EXIT_BAD_CONFIG


def _train(config: RunConfig, run: Any, stop: StopRequest) -> int:
    from agent.tracking.directory import RunDirectory
    from agent.tracking.sinks import Sinks
    from agent.training.run import train_run

    run.config.update({**config.flat(), "config_hash": config.config_hash}, allow_val_change=True)
    run.define_metric("objective/score", summary="last")
    directory = RunDirectory(run_directory(run.sweep_id or run.project, run.id), config.flat())
    outcome = train_run(config, Sinks(directory, run), stop)
    return EXIT_OF_OUTCOME[outcome.name]
