"""The data behind the page, as plain JSON values."""

import json
import math
import sqlite3
from collections.abc import Sequence
from typing import Any

from server.files import run_files
from server.search.hyperband import bands
from server.storage.history import evenly, history_lines
from server.storage.projects import find_project, project_by_id
from server.storage.runs import find_run, plain_config
from server.storage.sweeps import find_sweep, list_sweeps, spec_of, sweep_by_id, sweep_runs

View = dict[str, Any]
# Most points of one curve, and of all curves of a sweep together: more cannot be told apart on a screen.
CURVE_POINTS = 400
SWEEP_POINTS = 40_000


def sweep_list(db: sqlite3.Connection) -> list[View]:
    """Return every sweep, newest first."""
    return [_sweep_head(db, sweep) for sweep in list_sweeps(db)]


def _sweep_head(db: sqlite3.Connection, sweep: sqlite3.Row) -> View:
    project = project_by_id(db, sweep["project_id"])
    spec = spec_of(sweep["config"])
    states = db.execute(
        "SELECT state, COUNT(*) FROM run WHERE sweep_id = ? GROUP BY state", (sweep["id"],)
    ).fetchall()
    return {
        "id": sweep["name"],
        "name": sweep["display_name"] or spec.name or sweep["name"],
        "path": f"{project['entity']}/{project['name']}/sweeps/{sweep['name']}",
        "project": f"{project['entity']}/{project['name']}",
        "state": sweep["state"],
        "why": sweep["state_reason"],
        "method": spec.method,
        "metric": spec.metric.name if spec.metric else None,
        "goal": spec.metric.goal if spec.metric else None,
        "runs": {state: count for state, count in states},
        "run_cap": spec.run_cap,
        "created_at": sweep["created_at"],
    }


def sweep_view(db: sqlite3.Connection, name: str) -> View | None:
    """Return a sweep with a row for every run, or None."""
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    spec = spec_of(sweep["config"])
    rungs = bands(spec.early_terminate)
    return {
        **_sweep_head(db, sweep),
        "parameters": list(spec.parameters),
        "config": sweep["config"],
        "rows": [_run_row(run, rungs, list(spec.parameters)) for run in sweep_runs(db, sweep["id"])],
    }


def _run_row(run: sqlite3.Row, rungs: Sequence[int], parameters: list[str]) -> View:
    point = json.loads(run["point"]) if run["point"] else plain_config(run)
    ended = run["finished_at"] or run["heartbeat_at"]
    return {
        "id": run["name"],
        "name": run["display_name"],
        "state": run["state"],
        "value": run["metric_last"],
        "logged": run["metric_count"],
        "rung": run["stop_rung"] or max((r for r in rungs if r <= run["metric_count"]), default=None),
        "step": run["last_step"] if run["last_step"] >= 0 else None,
        "stopped": run["stop_kind"],
        "stop_step": run["stop_step"],
        "why": run["stop_reason"],
        "seconds": ended - run["started_at"] if run["started_at"] and ended else None,
        "parameters": {name: point.get(name) for name in parameters} if parameters else point,
    }


def sweep_curves(db: sqlite3.Connection, name: str) -> list[View] | None:
    """Return every run's values of the sweep's metric, thinned to what can be shown, or None."""
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    curves: list[View] = []
    runs = sweep_runs(db, sweep["id"])
    limit = min(CURVE_POINTS, 1 + SWEEP_POINTS // max(len(runs), 1))
    for run in runs:
        stride = max(1, math.ceil(run["metric_count"] / limit))
        points = db.execute(
            "SELECT step, value FROM metric_value WHERE run_id = ? AND (n % ? = 0 OR n = ?) ORDER BY n",
            (run["id"], stride, run["metric_count"]),
        ).fetchall()
        if points:
            curves.append({"id": run["name"], "x": [p[0] for p in points], "y": [p[1] for p in points]})
    return curves


def run_view(db: sqlite3.Connection, entity: str, project_name: str, name: str) -> View | None:
    """Return a run with the curves of all its metrics, its console's end and its files, or None."""
    project = find_project(db, entity, project_name)
    run = None if project is None else find_run(db, project["id"], name)
    if run is None:
        return None
    rows = [json.loads(line) for line in evenly(history_lines(db, run["id"]), CURVE_POINTS)]
    console = db.execute(
        "SELECT data FROM console_line WHERE run_id = ? ORDER BY line DESC LIMIT 200", (run["id"],)
    ).fetchall()
    sweep = None if run["sweep_id"] is None else sweep_by_id(db, run["sweep_id"])
    return {
        **_run_row(run, [], []),
        "sweep": None if sweep is None else f"{entity}/{project_name}/sweeps/{sweep['name']}",
        "config": plain_config(run),
        "summary": json.loads(run["summary"]),
        "curves": _curves(rows),
        "console": [line for (line,) in reversed(console)],
        "files": [{"name": file["name"], "size": file["size"]} for file in run_files(db, run["id"])],
    }


def _curves(rows: list[View]) -> list[View]:
    curves: dict[str, View] = {}
    for row in rows:
        for key, value in row.items():
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if number and not key.startswith("_"):
                curve = curves.setdefault(key, {"id": key, "x": [], "y": []})
                curve["x"].append(row.get("_step"))
                curve["y"].append(value)
    return [curves[key] for key in sorted(curves)]
