"""The program of a sweep: takes the parameters of one run from W&B, trains it, and reports how it ended."""

import faulthandler
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.tracking.directory import CANNOT_WRITE, RunDirectory
from agent.training.lifecycle.stop import StopRequest
from agent.watchdog import Watchdog, when_orphaned
from rewards.error_text import first_line
from rewards.files.atomic_write import write_text

EXIT_OF_OUTCOME = {"finished": 0, "stopped early": 0, "unhealthy": 0, "preempted": 143}
"""An unhealthy run is a success: it found a bad configuration. 143 = 128 + SIGTERM."""
EXIT_FAILED = 1
EXIT_BAD_CONFIG = 2
EXIT_NO_SERVER = 3
EXIT_DISK = 4
EXIT_OUT_OF_MEMORY = 5
EXIT_HUNG = 6

_CLIENT_POLL = 16.0
"""Seconds within which W&B's client has asked whether its run was stopped; it asks every 15 s."""
_UPLOAD_SECONDS = 120.0
"""Longest time to wait for a server that does not answer when a run ends. The data stays on disk."""
_FULL = 1 << 20
"""Free bytes at or below which a disk counts as full."""


def run_directory(group: str, run_id: str) -> Path:
    """The directory of a run: `$SWEEPFARM_RUNS` (default `runs`) / `group` / `run_id`.

    Args:
        group: The id of the sweep, or the project of a run without a sweep.
        run_id: The id of the run.
    """
    return Path(os.environ.get("SWEEPFARM_RUNS", "runs")) / group / run_id


def main() -> int:
    """Train one run of a sweep and return the exit code.

    Parameters are read from `wandb.config`, never from the command line, so that W&B records exactly what
    ran.
    """
    stop = StopRequest()
    stop.install()
    if "WANDB_SWEEP_ID" in os.environ:
        when_orphaned(lambda: stop.ask("preempted"))
    import wandb

    try:
        run = _start(stop)
    except wandb.Error as error:
        _say(f"W&B cannot be used: {error}. Check WANDB_BASE_URL, WANDB_API_KEY and the network")
        return EXIT_NO_SERVER
    code, outcome, message = EXIT_FAILED, "failed", None
    try:
        code, outcome, message = _train(run, stop)
    except Exception as error:
        # A bug of ours: record its message; the traceback follows.
        message = f"{type(error).__name__}: {first_line(error)}"
        raise
    finally:
        if message:
            _record(run, outcome, message)
        _finish(run, code)
    return code


def _start(stop: StopRequest) -> Any:
    """The opened W&B run; offline if an agent started it and the server does not answer any more."""
    import wandb

    settings = wandb.Settings(
        stop_fn=lambda: stop.ask("stopped early"), finish_timeout=_UPLOAD_SECONDS, finish_timeout_raises=True
    )
    try:
        return wandb.init(resume="allow", settings=settings)
    except wandb.Error as error:
        # Without the server, only a run started by an agent has its parameters, in a file.
        if "WANDB_SWEEP_PARAM_PATH" not in os.environ or isinstance(error, wandb.errors.AuthenticationError):
            raise
        _say(f"W&B does not answer ({error}): the run continues offline")
        wandb.teardown()  # ends the client's process, which still holds the run that it could not open
        run = wandb.init(mode="offline", settings=settings)
        _say(f"upload it later with `wandb sync {run.settings.sync_dir}`")
        return run


def _finish(run: Any, code: int) -> None:
    try:
        run.finish(exit_code=code)
    except TimeoutError:
        where = run.settings.sync_dir
        _say(f"W&B did not take the whole run; upload it with `wandb sync --no-skip-online {where}`")


def _train(run: Any, stop: StopRequest) -> tuple[int, str, str | None]:
    """Train and return the exit code, the outcome, and what went wrong if the user can fix it."""
    directory = None
    try:
        params = {name: value for name, value in run.config.items() if name != "config_hash"}
        config = RunConfig.from_params(params)
        if config.display_name:
            run.name = config.display_name
        # The sweep's values are locked: setting them again would only give a warning for each.
        defaults = {name: value for name, value in config.flat().items() if name not in params}
        run.config.update({**defaults, "config_hash": config.config_hash}, allow_val_change=True)
        from agent.tracking.sinks import Sinks
        from agent.training.run import train_run

        directory = RunDirectory(_directory_of(run), config.flat())
        watchdog = Watchdog(config.step_timeout, lambda silence: _give_up(run, silence))

        def report(line: str) -> None:
            watchdog.beat()
            _say(line)

        sinks = Sinks(directory, run)
        outcome = train_run(config, sinks, stop, lambda _step, _row: watchdog.beat(), report)
        watchdog.stop()
        if outcome.name == "preempted":
            run.mark_preempting()  # the server gives the run, under the same id, to the next agent
            if not run.offline and stop.wait_for_early_stop(_CLIENT_POLL):
                run.summary["outcome"] = "stopped early"
                return EXIT_OF_OUTCOME["stopped early"], "stopped early", None
        return EXIT_OF_OUTCOME[outcome.name], outcome.name, None
    except ConfigError as error:
        return EXIT_BAD_CONFIG, "failed", str(error)
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        where = error.filename or "the run directory"
        return EXIT_DISK, "failed", f"cannot write {where}: {error.strerror}; free some space"
    except Exception as error:
        if type(error).__name__ == "OutOfMemoryError":
            return EXIT_OUT_OF_MEMORY, "out of memory", first_line(error)
        # safetensors and torch have their own errors for a file that could not be written.
        if directory is None or shutil.disk_usage(directory.path).free > _FULL:
            raise
        return EXIT_DISK, "failed", f"cannot write {directory.path}: the disk is full; free some space"


def _give_up(run: Any, silence: float) -> None:
    """End a run that hangs: print where it hangs, record it, and exit without waiting for its threads."""
    faulthandler.dump_traceback(all_threads=True)
    message = f"no training step finished for {silence:.0f} s (`step_timeout`): ended as hung"
    _record(run, "failed", message)
    _finish(run, EXIT_HUNG)
    os._exit(EXIT_HUNG)


def _record(run: Any, outcome: str, message: str) -> None:
    """Write what went wrong to standard error, the summary of the run and its directory."""
    _say(message)
    run.summary.update({"outcome": outcome, "error": message})
    directory = _directory_of(run)
    if directory.exists():
        with suppress(OSError):  # what went wrong may be a full disk
            write_text(directory / "outcome.json", json.dumps({"outcome": outcome, "error": message}))


def _directory_of(run: Any) -> Path:
    return run_directory(run.sweep_id or run.project, run.id)


def _say(message: str) -> None:
    print(f"sweepfarm: {message}", file=sys.stderr)
