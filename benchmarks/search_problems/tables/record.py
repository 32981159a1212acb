"""Records tables for benchmarks/search.py: really trains every cell of a small grid, on the starter model.

`python -m benchmarks.search_problems.tables.record NAME` trains each cell of a grid of `GRIDS` with each
seed, on one core, and appends its row to `NAME.partial` beside this file. When all rows are there, the file
is renamed to `NAME.csv`. If the command is started again, it trains only the missing cells.
"""

import csv
import itertools
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.progress import track

from agent.warm.preload import preload

FOLDER = Path(__file__).parent
SEEDS = (1,)
BUDGET = {
    "max_steps": 12,
    "rungs": 1,
    "max_completion_length": 64,
    "eval_prompts": 16,
    "eval_samples": 2,
    "final_temperatures": [],
    "per_device_train_batch_size": 16,
}
GRIDS: dict[str, dict[str, list[Any]]] = {
    "plasmid_rates": {
        "learning_rate": [1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3, 6.4e-3],
        "beta": [1e-3, 0.1, 1.0],
        "temperature": [0.8, 1.0, 1.2],
        "num_generations": [4, 8],
    },
    "plasmid_losses": {
        "learning_rate": [2e-4, 5e-4, 1.2e-3, 3e-3, 6.4e-3],
        "loss_type": ["grpo", "dr_grpo"],
        "scale_rewards": ["group", "batch", "none"],
        "num_iterations": [1, 2],
        "reward_punish_mode": [True, False],
    },
}


def main() -> None:
    """Train the missing cells of a grid and append their rows."""
    name = sys.argv[1]
    path = FOLDER / f"{name}.partial"
    preload()
    if not path.exists():
        path.write_text(header(name), encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        done = {tuple(row[: len(GRIDS[name]) + 1]) for row in csv.reader(file)}
    missing = [cell for cell in cells(name) if tuple(map(str, cell.values())) not in done]
    # A fork per run, as under an agent: it has everything imported already.
    with get_context("fork").Pool(1, maxtasksperchild=1) as pool, path.open("a", encoding="utf-8") as file:
        for row in track(pool.imap(trained, missing), name, len(missing)):
            csv.writer(file, lineterminator="\n").writerow(row)
            file.flush()
    path.rename(path.with_suffix(".csv"))


def cells(name: str) -> Iterator[dict[str, Any]]:
    """Every point of a grid with each seed; all points with one seed come before those with the next."""
    grid = GRIDS[name]
    for seed, *values in itertools.product(SEEDS, *grid.values()):
        yield {**dict(zip(grid, values, strict=True)), "seed": seed}


def header(name: str) -> str:
    """The head of a table: how it was recorded, as a comment, and the names of the columns."""
    from agent.config.run import RunConfig
    from agent.tasks.build import build_task

    made = {
        "command": f"python -m benchmarks.search_problems.tables.record {name}",
        "date": date.today().isoformat(),
        "model": Path(build_task(RunConfig()).model_path).name,
        "seeds": SEEDS,
        "budget": BUDGET,
        "parameters": {key: {"values": values} for key, values in GRIDS[name].items()},
    }
    return f"# {json.dumps(made)}\n{','.join([*GRIDS[name], 'seed', 'objective', 'outcome'])}\n"


def trained(cell: dict[str, Any]) -> list[Any]:
    """Row of one cell, after training it as an agent does."""
    from agent.config.run import RunConfig
    from agent.tracking.directory import RunDirectory
    from agent.tracking.sinks import Sinks
    from agent.training.lifecycle.stop import StopRequest
    from agent.training.run import train_run

    config = RunConfig.from_params({**BUDGET, **cell})
    with tempfile.TemporaryDirectory() as folder:
        outcome = train_run(config, Sinks(RunDirectory(Path(folder), config.flat())), StopRequest())
    assert outcome.score is not None  # an unhealthy run has 0
    return [*cell.values(), f"{outcome.score:.4f}", outcome.name]


if __name__ == "__main__":
    main()
