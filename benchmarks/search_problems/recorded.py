"""Recorded sweeps as problems: tables of real runs, looked up."""

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
    """A grid of which every cell was run with several seeds.

    Attributes:
        name: What it is called in the results.
        parameters: The `parameters:` section of its sweep.
        runs: Objective of each seed's run, by the values of a cell in the order of `parameters`, as text.
    """

    name: str
    parameters: dict[str, Any]
    runs: Mapping[tuple[str, ...], tuple[float, ...]]

    def observe(self, point: Point, rng: random.Random) -> float:
        """Return the objective of one of the cell's runs."""
        return rng.choice(self._cell(point))

    def value(self, point: Point) -> float:
        """Return the mean objective of the cell's runs."""
        return statistics.fmean(self._cell(point))

    @property
    def best(self) -> float:
        """The mean objective of the best cell."""
        return max(map(statistics.fmean, self.runs.values()))

    def _cell(self, point: Point) -> tuple[float, ...]:
        return self.runs[tuple(str(point[name]) for name in self.parameters)]


def read_table(path: Path) -> Table:
    """Read a table that `benchmarks/search_problems/tables/record.py` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        made = json.loads(file.readline().removeprefix("#"))
        rows = list(csv.DictReader(file))
    parameters = made["parameters"]
    runs: dict[tuple[str, ...], tuple[float, ...]] = {}
    for row in rows:
        cell = tuple(row[name] for name in parameters)
        runs[cell] = (*runs.get(cell, ()), float(row["objective"]))
    return Table(path.stem, parameters, runs)
