"""A data folder with a large sweep that is written directly into the tables."""

import json
import math
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import yaml

from server.search.random_search import random_point
from server.search.space import spec_of
from server.storage.database import DATABASE, Database
from server.storage.records.projects import ensure_project
from server.storage.records.runs import create_run
from server.storage.records.sweeps import create_sweep

BIG: dict[str, Any] = {
    "method": "bayes",
    "name": "big",
    "metric": {"name": "objective/score", "goal": "maximize"},
    "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2},
    "parameters": {
        "learning_rate": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1e-4},
        "beta": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
        "temperature": {"min": 0.7, "max": 1.4},
        "batch": {"values": [8, 16, 32]},
        "punish": {"values": [True, False]},
        "optimizer": {"values": ["adamw", "lion"]},
        **{f"weight_{i}": {"values": [0.0, 0.5, 1.0, 2.0]} for i in range(10)},
    },
}


def fill(data: Path, runs: int, points: int, state: str = "FINISHED") -> str:
    """Store a sweep of `runs` runs with `points` metric values each; return its identifier."""
    data.mkdir(parents=True, exist_ok=True)
    database = Database(data / DATABASE)
    rng = random.Random(0)

    def work(db: sqlite3.Connection) -> str:
        project = ensure_project(db, "local", "big")
        config = yaml.safe_dump(BIG)
        sweep = create_sweep(db, project["id"], config, state=state, suggested=runs)
        spec = spec_of(config)
        for number in range(runs):
            point = random_point(spec, number)
            quality = 1 / (1 + (math.log10(point["learning_rate"]) + 5) ** 2) - 0.2 * point["punish"]
            values = [quality * (1 - math.exp(-5 * i / points)) + rng.gauss(0, 0.01) for i in range(points)]
            stopped = {
                "stop_kind": "hyperband",
                "stop_reason": "below the rest",
                "stop_rung": 2,
                "stop_step": 1,
            }
            run = create_run(
                db,
                project["id"],
                f"run-{number}",
                sweep_id=sweep["id"],
                display_name=f"sweep-run-{number}",
                state="finished",
                point=json.dumps(point),
                config=json.dumps({name: {"value": value} for name, value in point.items()}),
                summary=json.dumps({"objective/score": values[-1], "outcome": "finished"}),
                history_keys=json.dumps({"objective/score": points, "_step": points}),
                history_lines=points,
                last_step=points - 1,
                started_at=time.time() - 600,
                finished_at=time.time() - rng.random() * 500,
                metric_count=points,
                metric_last=values[-1],
                **(stopped if quality < 0.5 else {}),
            )
            db.executemany(
                "INSERT INTO metric_value (run_id, n, step, value) VALUES (?, ?, ?, ?)",
                [(run["id"], i + 1, i, value) for i, value in enumerate(values)],
            )
        return str(sweep["name"])

    name = database.write(work)
    database.close()
    return name
