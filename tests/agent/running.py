"""Runs real training in a test, with a recorder in place of W&B."""

from pathlib import Path
from typing import Any

from agent.config.run import RunConfig
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.stop import StopRequest
from agent.training.run import Outcome, train_run
from tests.server_fixture import RunningServer


class Recorder:
    """Stands in for a W&B run and keeps all rows that are logged to it."""

    def __init__(self) -> None:
        self.rows: list[tuple[int | None, dict[str, Any]]] = []
        self.summary: dict[str, Any] = {}
        self.starting_step = 0

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        self.rows.append((step, data))

    @staticmethod
    def numbers(row: dict[str, Any]) -> dict[str, float]:
        """The numbers of a row, without its tables."""
        return {name: value for name, value in row.items() if isinstance(value, int | float)}


def run(config: RunConfig, folder: Path, stop: StopRequest | None = None) -> tuple[Outcome, Recorder]:
    recorder = Recorder()
    sinks = Sinks(RunDirectory(folder, config.flat()), recorder)
    return train_run(config, sinks, stop or StopRequest()), recorder


def changed(config: RunConfig, **params: Any) -> RunConfig:
    return RunConfig.from_params({**config.flat(), **params})


def one_run_sweep(server: RunningServer, config: RunConfig, **params: Any) -> str:
    """Register a sweep of one run; returns its path."""
    values = {**config.flat(), **params, "seed": None}
    constant = {name: {"value": value} for name, value in values.items() if value is not None}
    return server.sweep(
        {
            "method": "grid",
            "metric": {"name": "objective/score", "goal": "maximize"},
            "command": ["${env}", "${interpreter}", "-m", "agent"],
            "parameters": {**constant, "seed": {"values": [1]}},
        },
        trainer="",
    )
