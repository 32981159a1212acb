"""A sweep as a folder: the cache of a download, and the export that can be read without a server.

A folder contains `sweep.json` and, as parquet or CSV, the tables `runs`, `history/<run id>` and, where
completions were logged, `samples/<run id>` and `scored/<run id>`. Histories are read one run at a time, so a
sweep need not fit into memory.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from analysis.errors import AnalysisError
from analysis.files import replace_file, replace_text
from analysis.read.samples import COLUMNS
from analysis.read.sweep import Sweep
from analysis.read.table import NONFINITE, RUN_COLUMNS, SweepTable

Format = Literal["parquet", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)

LOGGED = {**COLUMNS, NONFINITE: "str"}
"""Column types of histories and completions; all other columns are float64."""


class FolderHistories(Mapping[str, pd.DataFrame]):
    """Run id → history; each history is read from the folder when it is accessed."""

    def __init__(self, folder: Path, runs: Sequence[str], form: Format) -> None:
        self._folder = folder
        self._runs = tuple(runs)
        self._form = form

    def __getitem__(self, run: str) -> pd.DataFrame:
        if run not in self._runs:
            raise KeyError(run)
        return _read(history_file(self._folder, run, self._form), self._form)

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)


def history_file(folder: Path, run: str, form: Format = "parquet") -> Path:
    """Path of a run's history in a folder."""
    return folder / "history" / f"{run}.{form}"


def samples_file(folder: Path, run: str, form: Format = "parquet") -> Path:
    """Path of a run's first and last completions in a folder."""
    return folder / "samples" / f"{run}.{form}"


def scored_file(folder: Path, run: str, form: Format = "parquet") -> Path:
    """Path of a run's scored completions in a folder."""
    return folder / "scored" / f"{run}.{form}"


def write_table(table: SweepTable, folder: Path, form: Format = "parquet") -> None:
    """Writes a sweep as a folder that `read_table` can read; each file is written atomically.

    Raises:
        AnalysisError: If the folder already holds a sweep in the other format.
    """
    for other in FORMATS:
        if other != form and (folder / f"runs.{other}").exists():
            raise AnalysisError(f"{folder} already holds a sweep as {other}: give another folder for {form}")
    for run, history in table.histories.items():
        write_frame(history, history_file(folder, run, form), form)
    for run, samples in table.samples.items():
        write_frame(samples, samples_file(folder, run, form), form)
    for run, scored in table.scored.items():
        write_frame(scored, scored_file(folder, run, form), form)
    write_frame(table.runs, folder / f"runs.{form}", form)
    replace_text(folder / "sweep.json", table.sweep.to_json())


def write_frame(frame: pd.DataFrame, path: Path, form: Format = "parquet") -> None:
    """Writes one table atomically."""
    if form == "csv":
        replace_file(path, lambda temporary: frame.to_csv(temporary, index=False))
    else:
        replace_file(path, lambda temporary: frame.to_parquet(temporary, index=False))


def _read(path: Path, form: Format, types: Mapping[str, str] = LOGGED) -> pd.DataFrame:
    """The table that `write_frame` wrote; an empty cell is NaN, or '' in a text column."""
    if form == "parquet":
        return pd.read_parquet(path)
    frame = pd.read_csv(
        path,
        dtype=defaultdict(lambda: "float64", types),
        keep_default_na=False,
        na_values=[""],
    )
    return frame.fillna({name: "" for name in frame if types.get(str(name)) == "str"})


def read_table(folder: Path) -> SweepTable:
    """The sweep in a folder that `write_table` or a download wrote.

    Raises:
        AnalysisError: If the folder is not such a folder, or lacks the history of a run.
    """
    form: Format = "csv" if (folder / "runs.csv").exists() else "parquet"
    try:
        sweep = Sweep.from_json((folder / "sweep.json").read_text())
        runs = _read(folder / f"runs.{form}", form, RUN_COLUMNS)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AnalysisError(f"{folder} is not a folder of an exported sweep: {error}") from error
    missing = [run for run in runs["id"] if not history_file(folder, run, form).exists()]
    if missing:
        raise AnalysisError(
            f"{folder} lacks the history of {len(missing)} of {len(runs)} runs; the first is {missing[0]}"
        )
    samples, scored = (
        {run: _read(path, form) for run in runs["id"] if (path := path_of(folder, run, form)).exists()}
        for path_of in (samples_file, scored_file)
    )
    return SweepTable(sweep, runs, FolderHistories(folder, list(runs["id"]), form), samples, scored)
