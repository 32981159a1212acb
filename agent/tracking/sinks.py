"""Where metrics go: the run directory always, W&B beside it when a run has one."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from agent.health.finding import Finding
from agent.tracking.directory import RunDirectory

Table = tuple[list[str | int], list[Iterable[Any]]]
"""Columns and rows."""


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
        self._recorded = -1
        self._tables_arrive = True

    def log(self, step: int, row: Mapping[str, float], tables: Mapping[str, Table]) -> None:
        """Log one training step; call once per step, with rising steps.

        Args:
            step: training step.
            row: its metrics.
            tables: for W&B alone; what the run directory keeps of them is written there.
        """
        full: dict[str, Any] = {"train/global_step": step, **row}
        self.directory.log(full)
        if self._run is not None and not (tables and self._tables_arrive and self._sent(step, full, tables)):
            # Without `commit` a row would wait in memory for the next, and a killed run would lose it.
            self._run.log(full, step=step, commit=True)

    def _sent(self, step: int, row: Mapping[str, Any], tables: Mapping[str, Table]) -> bool:
        """Log a row with its tables; unlike a number, a table asks the server first and waits for it."""
        import wandb

        made = {name: wandb.Table(columns=columns, data=data) for name, (columns, data) in tables.items()}
        assert self._run is not None
        try:
            self._run.log({**row, **made}, step=step, commit=True)
        except wandb.Error as error:
            self._tables_arrive = False  # else every rung would wait again
            told = f"sweepfarm: no more tables are sent to W&B ({error}); samples.jsonl has everything"
            print(told, file=sys.stderr)
            return False
        return True

    def catch_up(self) -> None:
        """Log again what the directory holds and W&B lacks: a killed run may not have sent its last rows."""
        if self._run is not None:
            for row in self.directory.rows():
                step = int(row["train/global_step"])
                if step >= self._run.starting_step:
                    self._run.log(row, step=step, commit=True)

    def record(self, findings: Sequence[Finding]) -> None:
        """Write down what the health checks found so far: all of it in the run directory, and in the summary.

        The summary says of the first finding that closed the gate `health/finding`, `health/finding_step` and
        `health/evidence`; the others are one text, `health/warnings`.
        """
        if len(findings) == self._recorded:
            return
        self._recorded = len(findings)
        self.directory.write_findings([asdict(f) | {"fatal": f.fatal} for f in findings])
        self.summarise(summary_of(findings))

    def summarise(self, values: Mapping[str, Any]) -> None:
        """Set summary values of the W&B run."""
        if self._run is not None:
            self._run.summary.update(dict(values))


def summary_of(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as summary values of a run; see `Sinks.record`."""
    fatal = [finding for finding in findings if finding.fatal]
    warnings = [finding for finding in findings if not finding.fatal]
    values: dict[str, Any] = {}
    if fatal:
        values["health/finding"] = fatal[0].kind
        values["health/finding_step"] = fatal[0].step
        values["health/evidence"] = fatal[0].evidence
    if warnings:
        values["health/warnings"] = "; ".join(f"{w.kind} at step {w.step}: {w.evidence}" for w in warnings)
    return values
