"""The data of the page, as JSON values; `fields.js` says how each field is shown."""

import json
import math
import sqlite3
from collections.abc import Sequence
from typing import Any

from server.page.columns import parameter_columns, parameter_values
from server.search.hyperband import hyperband_rungs
from server.search.space import SweepSpec, spec_of
from server.storage.records.files import run_files
from server.storage.records.history import iterate_history
from server.storage.records.lines import last_console_lines
from server.storage.records.metrics import is_finite_number, metric_values
from server.storage.records.projects import project_by_id
from server.storage.records.runs import count_by_state, find_run_at, plain_config, sweep_runs
from server.storage.records.sweeps import find_sweep, list_sweeps, sweep_by_id

View = dict[str, Any]
# A screen cannot show more points of one curve, or of all curves of a sweep, than these.
MAX_CURVE_POINTS = 400
MAX_SWEEP_POINTS = 40_000
MAX_CONSOLE_LINES = 200


def sweep_list(db: sqlite3.Connection) -> list[View]:
    """Fields of every sweep, newest first."""
    return [_sweep_head(db, sweep) for sweep in list_sweeps(db)]


def _sweep_head(db: sqlite3.Connection, sweep: sqlite3.Row) -> View:
    project = project_by_id(db, sweep["project_id"])
    spec = spec_of(sweep["config"])
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
        "runs": count_by_state(db, sweep["id"]),
        "run_cap": spec.run_cap,
        "created_at": sweep["created_at"],
    }


def sweep_view(db: sqlite3.Connection, name: str) -> View | None:
    """Fields of a sweep, with one row for each of its runs, or None if the sweep does not exist."""
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    spec = spec_of(sweep["config"])
    rungs, columns = hyperband_rungs(spec.early_terminate), parameter_columns(spec)
    return {
        **_sweep_head(db, sweep),
        "parameters": columns,
        "config": sweep["config"],
        "rungs": [rung for rung in rungs if rung <= 10_000],
        "rows": [
            {**_run_row(run, rungs), "parameters": _parameters(run, spec, columns)}
            for run in sweep_runs(db, sweep["id"])
        ],
    }


def _parameters(run: sqlite3.Row, spec: SweepSpec, columns: Sequence[View]) -> View:
    """Value of each parameter and column in a run; the run's whole point if the sweep has no parameters."""
    point: View = json.loads(run["point"]) if run["point"] else plain_config(run)
    if not spec.parameters:
        return point
    return {name: point.get(name) for name in spec.parameters} | parameter_values(columns, point)


def _run_row(run: sqlite3.Row, rungs: Sequence[int]) -> View:
    ended = run["finished_at"] or run["heartbeat_at"]
    return {
        "id": run["name"],
        "name": run["display_name"],
        "state": run["state"],
        "outcome": json.loads(run["summary"]).get("outcome"),
        "value": run["metric_last"],
        "logged": run["metric_count"],
        "rung": run["stop_rung"] or max((r for r in rungs if r <= run["metric_count"]), default=None),
        "step": run["last_step"] if run["last_step"] >= 0 else None,
        "stopped": run["stop_kind"],
        "stop_step": run["stop_step"],
        "why": run["stop_reason"],
        "seconds": ended - run["started_at"] if run["started_at"] and ended else None,
    }


def sweep_curves(db: sqlite3.Connection, name: str) -> list[View] | None:
    """Curve of the sweep's metric for every run, thinned for the screen; None if there is no such sweep."""
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    curves: list[View] = []
    runs = sweep_runs(db, sweep["id"])
    limit = min(MAX_CURVE_POINTS, 1 + MAX_SWEEP_POINTS // max(len(runs), 1))
    for run in runs:
        stride = max(1, math.ceil(run["metric_count"] / limit))
        # Only these values are read, since reading all values of a long run takes many times as long.
        numbers = sorted({*range(stride, run["metric_count"] + 1, stride), run["metric_count"]})
        points = metric_values(db, run["id"], numbers)
        if points:
            curves.append({"id": run["name"], "x": [p[0] for p in points], "y": [p[1] for p in points]})
    return curves


def run_view(db: sqlite3.Connection, entity: str, project_name: str, name: str) -> View | None:
    """Fields, curves, last console lines and files of a run, or None if the run does not exist."""
    run = find_run_at(db, entity, project_name, name)
    if run is None:
        return None
    console = last_console_lines(db, run["id"], MAX_CONSOLE_LINES)
    sweep = None if run["sweep_id"] is None else sweep_by_id(db, run["sweep_id"])
    return {
        **_run_row(run, []),
        "sweep": None if sweep is None else f"{entity}/{project_name}/sweeps/{sweep['name']}",
        "config": plain_config(run),
        "summary": json.loads(run["summary"]),
        "curves": _curves(_rows_to_draw(db, run)),
        "console": [_console_text(line) for line in console],
        "metrics": json.loads(run["history_keys"]),
        "files": [{"name": file["name"], "size": file["size"]} for file in run_files(db, run["id"])],
    }


def _console_text(line: str) -> str:
    """Text of a console line, which newer clients send inside of a JSON object."""
    try:
        parsed = json.loads(line)
    except ValueError:
        return line
    return str(parsed["content"]) if isinstance(parsed, dict) and "content" in parsed else line


def _rows_to_draw(db: sqlite3.Connection, run: sqlite3.Row) -> list[View]:
    """Evenly spaced history rows, and every row of a metric with few rows."""
    counts = json.loads(run["history_keys"])
    rare = [f'"{key}":' for key, count in counts.items() if count <= MAX_CURVE_POINTS < run["history_lines"]]
    stride = max(1, math.ceil(run["history_lines"] / MAX_CURVE_POINTS))
    last = run["history_lines"] - 1
    return [
        json.loads(data)
        for number, data in enumerate(iterate_history(db, run["id"]))
        if number % stride == 0 or number == last or any(key in data for key in rare)
    ]


def _curves(rows: list[View]) -> list[View]:
    curves: dict[str, View] = {}
    for row in rows:
        for key, value in row.items():
            if is_finite_number(value) and not key.startswith("_"):
                curve = curves.setdefault(key, {"id": key, "x": [], "y": []})
                curve["x"].append(row.get("_step"))
                curve["y"].append(value)
    return [curves[key] for key in sorted(curves)]
