"""Where metrics go: the run directory always, W&B beside it when a run has one."""

from collections.abc import Mapping
from typing import Any, Protocol

from agent.tracking.directory import RunDirectory


class WandbRun(Protocol):
    """The part of a W&B run that is written to."""

    summary: Any
    starting_step: int

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Log one row."""


class Sinks:
    """Writes each step once to every place.

    Args:
        directory: of the run.
        run: the W&B run, when there is one.
    """

    def __init__(self, directory: RunDirectory, run: WandbRun | None = None) -> None:
        self.directory = directory
        self._run = run

    def log(self, step: int, row: Mapping[str, float]) -> None:
        """Log the metrics of one training step; call once per step, with rising steps."""
        full = {"train/global_step": step, **row}
        self.directory.log(full)
        if self._run is not None:
            # Without `commit` the row would wait in memory for the next one, and a killed run would lose it.
            self._run.log(full, step=step, commit=True)

    def catch_up(self) -> None:
        """Log again what the directory holds and W&B lacks: a killed run may not have sent its last rows."""
        if self._run is not None:
            for row in self.directory.rows():
                step = int(row["train/global_step"])
                if step >= self._run.starting_step:
                    self._run.log(row, step=step, commit=True)

    def summarise(self, values: Mapping[str, Any]) -> None:
        """Set summary values of the W&B run."""
        if self._run is not None:
            self._run.summary.update(dict(values))
