"""Starts runs as an agent does, without a sweep."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import yaml

from agent.config.run import RunConfig
from agent.warm.start import start_warm_parent
from agent.warm.wire import SOCKET_VARIABLE
from agent.worker import agent_environment

TIMES = ("seconds", "tokens_per_second", "memory")
"""Parts of metric names whose values differ between two equal runs."""


class Machine:
    """Starts runs in a folder as an agent does, offline, with or without a warm parent."""

    def __init__(self, folder: Path, config: RunConfig, environment: Mapping[str, str]) -> None:
        self.folder, self.config, self.environment = folder, config, environment

    def start(self, run: str, script: str | None = None, **params: object) -> subprocess.Popen[str]:
        """Start a run. With a `script`, the run gets a fresh process, which executes the script first."""
        values = {**self.config.flat(), **params}
        file = self.folder / f"{run}.yaml"
        keys = {name: {"value": value} for name, value in values.items() if value is not None}
        file.write_text(yaml.safe_dump({"wandb_version": 1, **keys}))
        environment = {**self.environment, "WANDB_RUN_ID": run, "WANDB_SWEEP_PARAM_PATH": str(file)}
        command = [sys.executable, "-m", "agent"]
        if script is not None:
            environment.pop(SOCKET_VARIABLE, None)
            command = [
                sys.executable,
                "-c",
                f"{script}\nimport sys\nfrom agent.__main__ import main\nsys.exit(main())",
            ]
        with (self.folder / f"{run}.log").open("w") as log:
            return subprocess.Popen(
                command,
                env=environment,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def rows(self, run: str) -> list[dict[str, float]]:
        """The complete rows of `metrics.jsonl`; a last line that is cut short is left out."""
        path = next(self.folder.glob(f"runs/*/{run}/metrics.jsonl"), Path("none yet"))
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def outcome(self, run: str) -> dict[str, object]:
        """The content of `outcome.json`."""
        found: dict[str, object] = json.loads((self.directory(run) / "outcome.json").read_text())
        return found

    def directory(self, run: str) -> Path:
        """The run directory."""
        (found,) = self.folder.glob(f"runs/*/{run}")
        return found

    def log(self, run: str) -> str:
        """What the run printed."""
        return (self.folder / f"{run}.log").read_text()


def offline_environment(folder: Path) -> dict[str, str]:
    """Environment variables for a `Machine` without a server that writes its files to `folder`."""
    base = {
        **os.environ,
        "WANDB_MODE": "offline",
        "WANDB_DIR": str(folder),
        "WANDB_SWEEP_ID": "sweep",
        "SWEEPFARM_RUNS": str(folder / "runs"),
    }
    return agent_environment(base, agents_here=2)


def comparable(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    """`rows` without the metrics that depend on the clock or the machine."""
    return [{k: v for k, v in row.items() if not any(part in k for part in TIMES)} for row in rows]


@contextmanager
def warm_machine(folder: Path, config: RunConfig, environment: Mapping[str, str]) -> Iterator[Machine]:
    """A `Machine` with a warm parent, which is killed at the end of the block."""
    started = start_warm_parent(environment)
    parent = warm_parent()
    try:
        yield Machine(folder, config, started)
    finally:
        with suppress(psutil.NoSuchProcess):
            parent.kill()
            parent.wait(30)


def warm_parent() -> psutil.Process:
    """The warm parent that this process started."""
    # For a zombie, `cmdline` raises and `as_dict` returns None.
    commands = {child: child.as_dict(["cmdline"])["cmdline"] or [] for child in psutil.Process().children()}
    (parent,) = [child for child, command in commands.items() if "agent.warm.parent" in command]
    return parent
