"""Measures how good the points of each search engine are: their regret after 60 runs (or `--runs`).

    python benchmarks/search.py --json

Each engine sees only what a run would log. Regret is the best possible value minus the noise-free value of
the run with the highest logged value. There are four sets of problems: functions on which the search was
developed; functions drawn at random, on which it was developed too (measured only with `--set drawn`);
functions held out from development; and tables of real runs. Seeds below 2000 were used in development.

The last row, `all`, takes the sweeps of all problems together. With `--runs 10 --engine ours --engine
first_points`, the table shows what samplers are worth in short sweeps.

Ours is compared with the best of the other engines by the 95 % interval of the mean difference in regret
(ours minus the other), from a paired bootstrap over seeds. Ours is better if the interval lies below 0, worse
if it lies above 0, and otherwise tied. There is no correction for the number of problems, nor for the choice
of the best of three.
"""

import json
import os
import random
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import click
import numpy as np
from rich.console import Console
from rich.progress import track

# `server.py` in this folder would hide the package `server`.
sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks.environments import CannotInstallError, python_with  # noqa: E402
from benchmarks.search_engines.engines import COMPARED, ENGINES, WANDB_SWEEPS, sweep_config  # noqa: E402
from benchmarks.search_problems.development import DEVELOPMENT, Point  # noqa: E402
from benchmarks.search_problems.drawn import drawn_function  # noqa: E402
from benchmarks.search_problems.held_out import HELD_OUT  # noqa: E402
from benchmarks.search_problems.recorded import FOLDER, read_table  # noqa: E402
from server.search.space import parse_sweep_config  # noqa: E402

RUNS = 60
FIRST_SEED = 2000
SETS = ("development", "held-out", "recorded", "drawn")
DEFAULT_SETS = SETS[:3]
DRAWN_FUNCTIONS = 16
"""Number of functions in the set `drawn`: those of the seeds 0, 1, 2 and so on."""
RESAMPLES = 10_000
Regrets = dict[str, dict[str, list[float]]]
"""Regrets by problem and engine, one per seed."""


class Problem(Protocol):
    """A problem that is searched: a function or a recorded table."""

    @property
    def name(self) -> str:
        """Its name in the results."""
        ...

    @property
    def parameters(self) -> dict[str, object]:
        """The `parameters:` section of its sweep."""
        ...

    @property
    def best(self) -> float:
        """The best noise-free value of any point."""
        ...

    def value(self, point: Point) -> float:
        """The noise-free value of a point."""
        ...

    def observe(self, point: Point, rng: random.Random) -> float:
        """A value of a point as a run would log it, with noise."""
        ...


@cache
def problems() -> dict[str, tuple[Problem, ...]]:
    """All problems, by set."""
    tables = tuple(read_table(path) for path in sorted(FOLDER.glob("*.csv")))
    drawn = tuple(drawn_function(seed) for seed in range(DRAWN_FUNCTIONS))
    return dict(zip(SETS, (DEVELOPMENT, HELD_OUT, tables, drawn), strict=True))


def regret(job: tuple[str, str, int, int]) -> float:
    """Regret of one sweep, at least 0; 0 is best.

    Args:
        job: Names of the problem and of the engine, the number of runs, and the seed.
    """
    name, engine_name, runs, seed = job
    problem = next(p for group in problems().values() for p in group if p.name == name)
    config = sweep_config(problem.parameters, runs)
    rng = random.Random(seed)
    history: list[tuple[Point, float]] = []
    with ENGINES[engine_name](parse_sweep_config(config), config, seed) as engine:
        for _ in range(runs):
            point = engine(history)
            history.append((point, problem.observe(point, rng)))
    chosen, _ = max(history, key=lambda run: run[1])
    return problem.best - problem.value(chosen)


def measured(names: Iterable[str], engines: Iterable[str], runs: int, seeds: range, workers: int) -> Regrets:
    """Regrets of every engine on every problem."""
    jobs = list(product(names, engines, (runs,), seeds))
    found: Regrets = {}
    # Must be set before a worker imports numpy. Searches are small: more threads only slow them down.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        done = track(pool.map(regret, jobs), "sweeps", len(jobs), console=Console(stderr=True))
        for (name, engine, _, _), value in zip(jobs, done, strict=True):
            found.setdefault(name, {}).setdefault(engine, []).append(value)
    return found


def interval(values: Iterable[float]) -> dict[str, float]:
    """Mean of the values, with the 95 % interval of its bootstrap distribution."""
    array = np.array(list(values))
    means = np.random.default_rng(0).choice(array, (RESAMPLES, array.size)).mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return {"mean": float(array.mean()), "low": float(low), "high": float(high)}


def verdict(by_engine: Mapping[str, list[float]]) -> str:
    """How ours compares with the best other engine, as text; see the top of this file."""
    others = {name: np.mean(values) for name, values in by_engine.items() if name != "ours"}
    if "ours" not in by_engine or not others:
        return ""
    rival = min(others, key=lambda name: others[name])
    difference = interval(np.subtract(by_engine["ours"], by_engine[rival]))
    word = (
        "worse than" if difference["low"] > 0 else "tied with" if difference["high"] >= 0 else "better than"
    )
    return f"{word} {rival} by {shown(difference)}"


def markdown(found: Regrets) -> str:
    """The results as a Markdown table."""
    engines = next(iter(found.values()))
    head = ["problem", *engines, "ours is"]
    lines = [head, ["---"] * len(head)]
    rows = dict(found)
    if len(found) > 1:
        rows["all"] = {e: [value for by in found.values() for value in by[e]] for e in engines}
    for name, by_engine in rows.items():
        cells = map(shown, map(interval, by_engine.values()))
        lines.append([name, *cells, verdict(by_engine)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(cell: Mapping[str, float]) -> str:
    """A mean and its interval as text."""
    return f"{cell['mean']:.3f} [{cell['low']:.3f}, {cell['high']:.3f}]"


@click.command()
@click.option("--runs", default=RUNS, show_default=True, help="Number of runs of each sweep.")
@click.option("--seeds", default=20, show_default=True, help="Number of seeds per problem and engine.")
@click.option("--first-seed", default=FIRST_SEED, show_default=True, help="First of the consecutive seeds.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    type=click.Choice(SETS),
    help="Only these sets; by default all but drawn.",
)
@click.option("--problem", "chosen", multiple=True, help="Only these problems.")
@click.option(
    "--engine",
    "engines",
    multiple=True,
    type=click.Choice(tuple(ENGINES)),
    help="Only these engines; by default all but first_points.",
)
@click.option("--workers", default=2, show_default=True, help="Number of sweeps at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print {problem: {engine: {mean, low, high}}}.")
def main(
    runs: int,
    seeds: int,
    first_seed: int,
    sets: tuple[str, ...],
    chosen: tuple[str, ...],
    engines: tuple[str, ...],
    workers: int,
    as_json: bool,
) -> None:
    """Compare search engines at an equal number of runs.

    \b
    Example:
      python benchmarks/search.py --seeds 20 --json
    """
    engines = engines or COMPARED
    if "sweeps" in engines:
        try:
            python_with(WANDB_SWEEPS)
        except CannotInstallError as error:
            click.echo(f"W&B's sweeps cannot be installed and is left out: {error}", err=True)
            engines = tuple(name for name in engines if name != "sweeps")
    names = [
        p.name for group in sets or DEFAULT_SETS for p in problems()[group] if not chosen or p.name in chosen
    ]
    found = measured(names, engines, runs, range(first_seed, first_seed + seeds), workers)
    if as_json:
        click.echo(json.dumps({n: {e: interval(v) for e, v in by.items()} for n, by in found.items()}))
    else:
        click.echo(markdown(found))


if __name__ == "__main__":
    main()
