"""Recorded sweeps as problems: values are looked up in tables of real runs."""

import csv
import json
import random
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.search_problems.development import Point

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Table:
    """A grid of which every cell was run.

    Attributes:
        name: Its name in the results.
        parameters: The `parameters:` section of its sweep.
        runs: Objectives of the runs of each cell. A key has the cell's values as text, in the order of
            `parameters`.
    """

    name: str
    parameters: dict[str, Any]
    runs: Mapping[tuple[str, ...], tuple[float, ...]]

    def observe(self, point: Point, rng: random.Random) -> float:
        """Objective of a random run of the cell at `point`."""
        return rng.choice(self._cell(point))

    def value(self, point: Point) -> float:
        """Mean objective of the runs of the cell at `point`."""
        return statistics.fmean(self._cell(point))

    @property
    def best(self) -> float:
        """Mean objective of the best cell."""
        return max(map(statistics.fmean, self.runs.values()))

    def _cell(self, point: Point) -> tuple[float, ...]:
        return self.runs[tuple(str(point[name]) for name in self.parameters)]


def read_table(path: Path) -> Table:
    """The table in a file that `benchmarks/search_problems/tables/record.py` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        made = json.loads(file.readline().removeprefix("#"))
        rows = list(csv.DictReader(file))
    parameters = made["parameters"]
    runs: dict[tuple[str, ...], tuple[float, ...]] = {}
    for row in rows:
        cell = tuple(row[name] for name in parameters)
        runs[cell] = (*runs.get(cell, ()), float(row["objective"]))
    return Table(path.stem, parameters, runs)
