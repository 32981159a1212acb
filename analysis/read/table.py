"""A sweep as pandas tables: its runs, and the full history of each run."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.read.config import finite_number, flat
from analysis.read.sweep import Sweep

STEP = "step"
GLOBAL_STEP = "train/global_step"
"""Key under which our trainer and those of transformers log the training step."""
RUNTIME = "_runtime"
"""History column: seconds since the start of the run."""
NONFINITE = "nonfinite"
"""History column: the keys that were logged as NaN or infinite at this step, joined by commas."""

RUN_COLUMNS = {
    "id": "str",
    "name": "str",
    "state": "str",
    "created_at": "str",
    "last_step": "int64",
    "config": "str",
    "summary": "str",
}
"""Columns of the table of runs; `config` and `summary` are JSON, so that every value keeps its type."""


@dataclass(frozen=True)
class SweepTable:
    """A sweep's runs and their histories.

    Attributes:
        sweep: Metric, parameters and method of the sweep.
        runs: One row per run, in order of creation, with the columns of `RUN_COLUMNS`.
        histories: Run id → one row per logged step, ascending: `step`, one float64 column per metric (NaN
            where the step did not log it), and `nonfinite`.
        samples: Run id → logged completions of the first step (0 for the starting model) and the last step:
            `step`, `completion` and, where known, `prompt`. Runs that logged the diversity of their
            completions, or fewer than two tables, are absent.
        scored: Run id → the last table of scored completions that the run logged, with the columns of
            `analysis.read.samples.COLUMNS`. Only runs for which it was downloaded are present.
    """

    sweep: Sweep
    runs: pd.DataFrame
    histories: Mapping[str, pd.DataFrame]
    samples: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    scored: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def configs(self) -> dict[str, dict[str, Any]]:
        """Run id → saved configuration."""
        return {run: json.loads(text) for run, text in zip(self.runs["id"], self.runs["config"], strict=True)}

    def summaries(self) -> dict[str, dict[str, Any]]:
        """Run id → summary."""
        return {
            run: json.loads(text) for run, text in zip(self.runs["id"], self.runs["summary"], strict=True)
        }

    def parameters(self) -> pd.DataFrame:
        """One row per run (index: run id), one column per swept parameter; None where a run lacks it."""
        configs = {run: flat(config) for run, config in self.configs().items()}
        values = {name: [configs[run].get(name) for run in configs] for name in self.sweep.swept}
        return pd.DataFrame(values, index=pd.Index(configs, name="id"), dtype=object)


def runs_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of runs from rows with the keys of `RUN_COLUMNS`, ordered by creation, then id."""
    frame = pd.DataFrame(list(rows), columns=list(RUN_COLUMNS)).astype(RUN_COLUMNS)
    return frame.sort_values(["created_at", "id"], ignore_index=True)


def history_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The history table (see `SweepTable.histories`) from logged rows as `scan_history` yields them.

    The step of a row is the training step that it contains (`GLOBAL_STEP`), else that of the row before, else
    the number of the log call, which differs where a trainer does not log exactly once per step. Numbers and
    booleans become float64. The strings `NaN`, `Infinity` and `-Infinity` (W&B's JSON for them) become NaN
    and are listed in `nonfinite`. Other strings and media are dropped. If a metric has several values at one
    step (a resumed run), the last one counts.
    """
    numbers: dict[str, dict[int, float]] = {}
    broken: dict[int, set[str]] = {}
    training_step: int | None = None
    for position, row in enumerate(rows):
        global_step = finite_number(_number(row.get(GLOBAL_STEP)))
        training_step = training_step if global_step is None else int(global_step)
        step = int(row.get("_step", position)) if training_step is None else training_step
        bad = broken.setdefault(step, set())
        for key, value in row.items():
            number = _number(value)
            if number is None or (key.startswith("_") and key != RUNTIME):
                continue
            if math.isfinite(number):
                bad.discard(key)
            else:
                bad.add(key)
                number = math.nan
            numbers.setdefault(key, {})[step] = number
    steps = sorted(broken)
    columns: dict[str, Any] = {STEP: np.array(steps, dtype=np.int64)}
    for key in sorted(numbers):
        columns[key] = np.array([numbers[key].get(step, math.nan) for step in steps])
    columns[NONFINITE] = pd.array([",".join(sorted(broken[step])) for step in steps], dtype="str")
    return pd.DataFrame(columns)


def _number(value: object) -> float | None:
    """The value as a float if it is a number or W&B's string for a non-finite one; else None."""
    if isinstance(value, bool | int | float):
        return float(value)
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(str(value))
    return None
