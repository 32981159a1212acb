"""The program of a sweep: take the parameters of one run from W&B, train it, say how it ended."""

import os
import sys
from pathlib import Path
from typing import Any

from agent.config.run import ConfigError, RunConfig
from agent.tracking.directory import CANNOT_WRITE, RunDirectory
from agent.training.stop import StopRequest

EXIT_OF_OUTCOME = {"finished": 0, "stopped early": 0, "unhealthy": 0, "preempted": 143}
"""An unhealthy run did its work: it found a bad point. 143 = 128 + SIGTERM."""
EXIT_BAD_CONFIG = 2
EXIT_NO_SERVER = 3
EXIT_DISK = 4
_CLIENT_POLL = 16.0
"""Seconds in which the client has surely asked whether its run was stopped; it asks every 15."""


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

    try:
        run = wandb.init(resume="allow", settings=wandb.Settings(stop_fn=lambda: stop.ask("stopped early")))
    except wandb.Error as error:
        return _say(
            EXIT_NO_SERVER,
            f"W&B cannot be used: {error}. Check WANDB_BASE_URL, WANDB_API_KEY and the network",
        )
    with run:
        code, message = _train(run, stop)
        if message:
            run.summary.update({"outcome": "failed", "error": message})
            _say(code, message)
        run.finish(exit_code=code)
    return code


def _train(run: Any, stop: StopRequest) -> tuple[int, str | None]:
    """Train; returns the exit code, and what went wrong where the user can mend it."""
    try:
        params = {name: value for name, value in run.config.items() if name != "config_hash"}
        config = RunConfig.from_params(params)
        run.config.update({**config.flat(), "config_hash": config.config_hash}, allow_val_change=True)
        from agent.tracking.sinks import Sinks
        from agent.training.run import train_run

        directory = RunDirectory(run_directory(run.sweep_id or run.project, run.id), config.flat())
        outcome = train_run(config, Sinks(directory, run), stop)
        if outcome.name == "preempted":
            run.mark_preempting()  # the server gives the run, under the same id, to the next agent
            if stop.wait_for_early_stop(_CLIENT_POLL):
                run.summary["outcome"] = "stopped early"
                return EXIT_OF_OUTCOME["stopped early"], None
        return EXIT_OF_OUTCOME[outcome.name], None
    except ConfigError as error:
        return EXIT_BAD_CONFIG, str(error)
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        return (
            EXIT_DISK,
            f"cannot write {error.filename or 'the run directory'}: {error.strerror}; free some space",
        )


def _say(code: int, message: str) -> int:
    print(f"sweepfarm: {message}", file=sys.stderr)
    return code
