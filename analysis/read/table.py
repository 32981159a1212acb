"""A sweep as two tidy pandas tables: its runs, and the full history of each.

`analysis.read.folder` keeps them on disk.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.read.config import flat
from analysis.read.sweep import Sweep

STEP = "step"
GLOBAL_STEP = "train/global_step"
"""Key under which trainers (ours, and every one of transformers) log the training step."""
RUNTIME = "_runtime"
"""History column: seconds since the run began."""
NONFINITE = "nonfinite"
"""History column: the keys of this row that were logged as NaN or infinite, joined by commas (else empty)."""

RUN_COLUMNS = {
    "id": "str",
    "name": "str",
    "state": "str",
    "created_at": "str",
    "last_step": "int64",
    "config": "str",
    "summary": "str",
}
"""Columns of the runs' table; `config` and `summary` are JSON texts, so that every value keeps its type."""


@dataclass(frozen=True)
class SweepTable:
    """A sweep's runs and their histories.

    Attributes:
        sweep: What the sweep set out to do.
        runs: One row per run, in order of creation, with the columns of `RUN_COLUMNS`.
        histories: Run id → one row per logged step, ascending: `step`, one float64 column per metric (NaN
            where the step did not log it), and `nonfinite`.
        samples: Run id → recorded completions of the first step (0 for the starting model's) and the last:
            `step`, `completion` and, where known, `prompt`; without the runs whose degeneracy is judged by
            what they logged of it, or that recorded none.
        scored: Run id → the last table of scored completions that it logged, with the columns of
            `analysis.read.samples.COLUMNS`; of the runs alone for which it was asked for.
    """

    sweep: Sweep
    runs: pd.DataFrame
    histories: Mapping[str, pd.DataFrame]
    samples: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    scored: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def configs(self) -> dict[str, dict[str, Any]]:
        """Run id → its configuration, as the run saved it."""
        return {run: json.loads(text) for run, text in zip(self.runs["id"], self.runs["config"], strict=True)}

    def summaries(self) -> dict[str, dict[str, Any]]:
        """Run id → its summary."""
        return {
            run: json.loads(text) for run, text in zip(self.runs["id"], self.runs["summary"], strict=True)
        }

    def parameters(self) -> pd.DataFrame:
        """One row per run (index: run id), one column per swept parameter, from the configs alone."""
        configs = {run: flat(config) for run, config in self.configs().items()}
        values = {name: [configs[run].get(name) for run in configs] for name in self.sweep.swept}
        return pd.DataFrame(values, index=pd.Index(configs, name="id"), dtype=object)


def runs_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The runs' table from rows with the keys of `RUN_COLUMNS`, ordered by creation and then id."""
    frame = pd.DataFrame(list(rows), columns=list(RUN_COLUMNS)).astype(RUN_COLUMNS)
    return frame.sort_values(["created_at", "id"], ignore_index=True)


def history_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A history table from logged rows as `scan_history` yields them.

    A row's step is the training step that it names (`GLOBAL_STEP`), else that of the row before, else the
    number of the row: a trainer that logs every tenth step, or several times a step, counts its log calls
    otherwise. Numbers and booleans become float64; the texts `NaN`, `Infinity` and `-Infinity` (W&B's
    JSON for them) become NaN and are named in `nonfinite`; other texts and media are dropped. Of several
    values of one metric at one step (a resumed run) the last counts.
    """
    numbers: dict[str, dict[int, float]] = {}
    broken: dict[int, set[str]] = {}
    trained: int | None = None
    for position, row in enumerate(rows):
        named = _number(row.get(GLOBAL_STEP))
        trained = trained if named is None or not math.isfinite(named) else int(named)
        step = int(row.get("_step", position)) if trained is None else trained
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
    """The value as a float where it is a number (or W&B's text for one that JSON cannot hold)."""
    if isinstance(value, bool | int | float):
        return float(value)
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(str(value))
    return None
