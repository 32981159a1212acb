"""Logs metrics: always to the run directory, and also to W&B if the run has a W&B run."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from agent.health.finding import Finding
from agent.tracking.directory import RunDirectory

Table = tuple[list[str | int], list[Iterable[Any]]]
"""Column names and rows of a W&B table."""


class WandbRun(Protocol):
    """The part of a W&B run that `Sinks` uses.

    Attributes:
        summary: Summary values; updated by name.
        starting_step: First step that the server does not have yet.
    """

    summary: Any
    starting_step: int

    def log(self, data: dict[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Log one row of metrics."""


class Sinks:
    """Logs each step once to the run directory and to W&B.

    Args:
        directory: Directory of the run.
        run: The W&B run; `None` to log to the directory only.

    Attributes:
        directory: Directory of the run.
    """

    def __init__(self, directory: RunDirectory, run: WandbRun | None = None) -> None:
        self.directory = directory
        self._run = run
        self._recorded = -1
        self._tables_arrive = True

    def log(self, step: int, row: Mapping[str, float], tables: Mapping[str, Table]) -> None:
        """Log one training step. Call it once per step, in order.

        Args:
            step: Training step.
            row: Metrics of the step.
            tables: Name → table, for W&B only.
        """
        full: dict[str, Any] = {"train/global_step": step, **row}
        self.directory.log(full)
        if self._run is not None and not (tables and self._tables_arrive and self._sent(step, full, tables)):
            # Without `commit` the row stays in memory until the next one, and a killed run would lose it.
            self._run.log(full, step=step, commit=True)

    def _sent(self, step: int, row: Mapping[str, Any], tables: Mapping[str, Table]) -> bool:
        """Log a row with its tables, and return whether that worked. Logging a table waits for the server."""
        import wandb

        made = {name: wandb.Table(columns=columns, data=data) for name, (columns, data) in tables.items()}
        assert self._run is not None
        try:
            self._run.log({**row, **made}, step=step, commit=True)
        except wandb.Error as error:
            self._tables_arrive = False  # otherwise every rung would wait for the server again
            message = f"sweepfarm: no more tables are sent to W&B ({error}); samples.jsonl has everything"
            print(message, file=sys.stderr)
            return False
        return True

    def catch_up(self) -> None:
        """Send rows of the directory that W&B does not have: a killed run may not have sent its last rows."""
        if self._run is not None:
            for row in self.directory.rows():
                step = int(row["train/global_step"])
                if step >= self._run.starting_step:
                    self._run.log(row, step=step, commit=True)

    def record(self, findings: Sequence[Finding]) -> None:
        """Write the findings of the health checks so far to the run directory and the summary.

        Args:
            findings: All findings so far, in order.
        """
        if len(findings) == self._recorded:
            return
        self._recorded = len(findings)
        self.directory.write_findings([asdict(f) | {"fatal": f.fatal} for f in findings])
        self.summarise(summary_of(findings))

    def summarise(self, values: Mapping[str, Any]) -> None:
        """Set summary values of the W&B run, if there is one."""
        if self._run is not None:
            self._run.summary.update(dict(values))


def summary_of(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as summary values of a run.

    Args:
        findings: All findings so far, in order.

    Returns:
        `health/finding`, `health/finding_step` and `health/evidence` of the first fatal finding, if there is
        one, and the other findings as one text, `health/warnings`.
    """
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
