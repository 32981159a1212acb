"""The data behind the page, as plain JSON values."""

import json
import math
import sqlite3
from collections.abc import Sequence
from typing import Any

from server.page.columns import parameter_columns, parameter_values
from server.search.hyperband import bands
from server.search.space import SweepSpec
from server.storage.files import run_files
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
        "runs": dict(states),
        "run_cap": spec.run_cap,
        "created_at": sweep["created_at"],
    }


def sweep_view(db: sqlite3.Connection, name: str) -> View | None:
    """Return a sweep with a row for every run, or None."""
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    spec = spec_of(sweep["config"])
    rungs, columns = bands(spec.early_terminate), parameter_columns(spec)
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
    """Return a run's value of each parameter and column of its sweep; all it has where the sweep has none."""
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
    """Return every run's values of the sweep's metric, thinned to what can be shown, or None."""
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    curves: list[View] = []
    runs = sweep_runs(db, sweep["id"])
    limit = min(CURVE_POINTS, 1 + SWEEP_POINTS // max(len(runs), 1))
    for run in runs:
        stride = max(1, math.ceil(run["metric_count"] / limit))
        # Looked up one by one: reading every value of a long run takes many times as long.
        wanted = sorted({*range(stride, run["metric_count"] + 1, stride), run["metric_count"]})
        points = db.execute(
            f"SELECT step, value FROM metric_value WHERE run_id = ? AND n IN ({','.join(map(str, wanted))})"
            " ORDER BY n",
            (run["id"],),
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
    console = db.execute(
        "SELECT data FROM console_line WHERE run_id = ? ORDER BY line DESC LIMIT 200", (run["id"],)
    ).fetchall()
    sweep = None if run["sweep_id"] is None else sweep_by_id(db, run["sweep_id"])
    return {
        **_run_row(run, []),
        "sweep": None if sweep is None else f"{entity}/{project_name}/sweeps/{sweep['name']}",
        "config": plain_config(run),
        "summary": json.loads(run["summary"]),
        "curves": _curves(_rows_to_draw(db, run)),
        "console": [_console_text(line) for (line,) in reversed(console)],
        "metrics": json.loads(run["history_keys"]),
        "files": [{"name": file["name"], "size": file["size"]} for file in run_files(db, run["id"])],
    }


def _console_text(line: str) -> str:
    """Return a console line without the frame that newer clients put around it."""
    try:
        framed = json.loads(line)
    except ValueError:
        return line
    return str(framed["content"]) if isinstance(framed, dict) and "content" in framed else line


def _rows_to_draw(db: sqlite3.Connection, run: sqlite3.Row) -> list[View]:
    """Return rows at even distances, and every row of a metric that has only a few."""
    counts = json.loads(run["history_keys"])
    rare = [f'"{key}":' for key, count in counts.items() if count <= CURVE_POINTS < run["history_lines"]]
    stride = max(1, math.ceil(run["history_lines"] / CURVE_POINTS))
    lines = db.execute("SELECT data FROM history WHERE run_id = ? ORDER BY step, line", (run["id"],))
    last = run["history_lines"] - 1
    return [
        json.loads(data)
        for number, (data,) in enumerate(lines)
        if number % stride == 0 or number == last or any(key in data for key in rare)
    ]


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
