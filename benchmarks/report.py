"""Measures the time and the memory that the report of a large sweep takes.

    python benchmarks/report.py --json

Writes the export of a simulated sweep (every metric that a run logs, with random curves that rise with the
learning rate). Then it runs `sweepfarm report FOLDER` on it in its own process, which writes the page,
Markdown, the chosen configuration and result.json. The download of a sweep is not measured: its time depends
on the server and the network.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np
import pandas as pd

sys.path[0] = str(Path(__file__).parent.parent)

from agent.config.metrics import RUNG_METRICS, STEP_METRICS  # noqa: E402
from analysis.read.folder import write_table  # noqa: E402
from analysis.read.sweep import Sweep  # noqa: E402
from analysis.read.table import SweepTable, runs_frame  # noqa: E402

METRIC = "objective/score"
SWEPT = ("learning_rate", "beta", "temperature", "num_generations")
RUNGS = 8
SECONDS, MEGABYTES = 60.0, 2000.0
"""Maximum time and memory of a report of the default size."""


def history(points: int, rate: float, rng: np.random.Generator) -> pd.DataFrame:
    """The history of a run: step metrics at every step, rung metrics at the rungs."""
    rungs = np.linspace(points / RUNGS, points, RUNGS).astype(int) - 1
    columns: dict[str, object] = {"step": np.arange(1, points + 1), "_runtime": 2.0 * np.arange(points)}
    progress = np.arange(1, points + 1) / points
    for key in sorted(STEP_METRICS):
        columns[key] = 0.3 + rate * progress + rng.normal(0, 0.02, points)
    for key in sorted(RUNG_METRICS):
        values = np.full(points, np.nan)
        values[rungs] = 0.3 + rate * progress[rungs] + rng.normal(0, 0.02, RUNGS)
        columns[key] = values
    return pd.DataFrame(columns | {"nonfinite": pd.array([""] * points, dtype="str")})


def run_row(number: int, points: int, config: dict[str, object]) -> dict[str, object]:
    """The row of a run in the table of runs."""
    return {
        "id": f"run{number:04d}",
        "name": f"sweep-run-{number}",
        "state": "finished",
        "created_at": f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00",
        "last_step": points,
        "config": json.dumps({"max_steps": points, **config}),
        "summary": json.dumps({"outcome": "finished", "outcome_step": points, "starter/score": 0.3}),
    }


class Histories(dict[str, int]):
    """Histories, by run, that are generated one at a time: the sweep need not fit into memory."""

    def __init__(self, rates: dict[str, float], points: int) -> None:
        super().__init__({run: i for i, run in enumerate(rates)})
        self._rates, self._points = rates, points

    def items(self):  # type: ignore[no-untyped-def, override]
        """Each run with its history."""
        for run, rate in self._rates.items():
            yield run, history(self._points, rate, np.random.default_rng(self[run]))


def write_sweep(folder: Path, runs: int, points: int) -> None:
    """Write the export of a simulated sweep."""
    rng = np.random.default_rng(0)
    rows, rates = [], {}
    for number in range(runs):
        share = float(rng.uniform())
        config = {
            "learning_rate": 10 ** (share * 2 - 6),
            "beta": 10 ** float(rng.uniform(-4, -2)),
            "temperature": float(rng.uniform(0.7, 1.4)),
            "num_generations": int(rng.choice([4, 8, 16])),
        }
        rows.append(run_row(number, points, config))
        rates[f"run{number:04d}"] = 0.3 * share
    sweep = Sweep("me/large/s1", "large", "FINISHED", "random", METRIC, True, SWEPT, SWEPT[:2], False)
    write_table(SweepTable(sweep, runs_frame(rows), Histories(rates, points)), folder)


def measure(folder: Path) -> dict[str, float]:
    """Wall seconds, CPU seconds and peak memory (in 1e6 bytes) of one report."""
    command = [
        sys.executable,
        "-m",
        "sweepfarm",
        "report",
        str(folder),
        "--out",
        str(folder / "out"),
        "--json",
    ]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if status:
        raise click.ClickException(f"the report failed with status {status}")
    peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"seconds": seconds, "cpu_seconds": used.ru_utime + used.ru_stime, "peak_mb": peak / 1e6}


@click.command()
@click.option("--runs", type=click.IntRange(min=2), default=1000, show_default=True)
@click.option("--points", type=click.IntRange(min=RUNGS), default=10_000, show_default=True)
@click.option(
    "--json", "as_json", is_flag=True, help="Print {runs, points, metrics, seconds, cpu_seconds, peak_mb}."
)
def main(runs: int, points: int, as_json: bool) -> None:
    """Measure the report of a large sweep.

    \b
    Example:
      python benchmarks/report.py --runs 100 --points 1000
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "sweep"
        write_sweep(folder, runs, points)
        found = measure(folder)
    found = {"runs": runs, "points": points, "metrics": len(STEP_METRICS) + len(RUNG_METRICS), **found}
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{runs} runs of {points} steps, {found['metrics']} metrics, {os.cpu_count()} cores")
    click.echo(f"wall time        {found['seconds']:8.1f} s   (aim: below {SECONDS:.0f})")
    click.echo(f"CPU time         {found['cpu_seconds']:8.1f} s")
    click.echo(f"peak memory      {found['peak_mb']:8.0f} MB  (aim: below {MEGABYTES:.0f})")


if __name__ == "__main__":
    main()
