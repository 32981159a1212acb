"""Runs: their columns and their states."""

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from server.storage.records.files import run_files
from server.storage.records.projects import find_project
from server.storage.records.removals import note_removal
from server.storage.records.tables import insert_row, new_name, placeholders, row_by_id, update_row

LIVE = ("pending", "running", "preempting")
"""States of a run that has a process, or soon gets one, as far as the server knows."""
ENDED = ("finished", "failed", "crashed", "killed")


def find_run(db: sqlite3.Connection, project_id: int, name: str) -> sqlite3.Row | None:
    """Run of a project with this name (W&B's run id), or None."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM run WHERE project_id = ? AND name = ?", (project_id, name)
    ).fetchone()
    return row


def find_run_at(db: sqlite3.Connection, entity: str, project_name: str, name: str) -> sqlite3.Row | None:
    """Run at the path `entity/project_name/name`, or None."""
    project = find_project(db, entity, project_name)
    return None if project is None else find_run(db, project["id"], name)


def run_by_id(db: sqlite3.Connection, run_id: int) -> sqlite3.Row | None:
    """Run with this row id, or None."""
    return row_by_id(db, "run", run_id)


def create_run(
    db: sqlite3.Connection, project_id: int, name: str | None = None, **columns: Any
) -> sqlite3.Row:
    """Store a new run, in state `running` unless `columns` sets another, and return it."""
    values = {
        "name": name or new_name(),
        "project_id": project_id,
        "state": "running",
        "created_at": time.time(),
        **columns,
    }
    return insert_row(db, "run", values)


def update_run(db: sqlite3.Connection, run_id: int, **columns: Any) -> None:
    """Set columns of a run."""
    update_row(db, "run", run_id, columns)


def delete_run(db: sqlite3.Connection, run_id: int) -> None:
    """Delete a run and all its records, and mark its files for removal."""
    note_removal(db, [file["blob"] for file in run_files(db, run_id)])
    db.execute("DELETE FROM run WHERE id = ?", (run_id,))


def end_run(db: sqlite3.Connection, run: sqlite3.Row, exit_code: int | None, now: float) -> str:
    """Set the final state of a run whose process has ended, and return that state.

    Args:
        db: The writer's connection.
        run: The run's row, read in this transaction.
        exit_code: The exit code that the client reported; None if it reported none.
        now: The current time in seconds since the epoch.
    """
    if exit_code == 0:
        state = "finished"
    elif run["stop_requested_at"] is not None and not (run["stop_kind"] == "orphan" and exit_code is None):
        # Even if it reported a preemption: its signal came from this stop, so that it must not resume.
        # An orphan without an exit code did not stop as asked: it crashed together with its agent.
        state = "killed"
    elif run["state"] == "preempting":
        state = "preempted"
    elif exit_code is not None or run["started_at"] is None:
        state = "failed"
    else:
        state = "crashed"
    update_run(db, run["id"], state=state, exit_code=exit_code, finished_at=now)
    return state


def request_stop(
    db: sqlite3.Connection,
    run_id: int,
    kind: str,
    reason: str,
    rung: int | None = None,
    step: int | None = None,
) -> None:
    """Ask a run to stop; nothing changes if it was asked before.

    Args:
        db: The writer's connection.
        run_id: Row id of the run.
        kind: `hyperband`, `user`, `cancel` or `orphan`.
        reason: The reason, in one line.
        rung: With `hyperband`, the rung at which the run is stopped.
        step: With `hyperband`, the step at which the run reached the rung.
    """
    db.execute(
        "UPDATE run SET stop_requested_at = ?, stop_kind = ?, stop_reason = ?, stop_rung = ?, stop_step = ?"
        " WHERE id = ? AND stop_requested_at IS NULL",
        (time.time(), kind, reason, rung, step, run_id),
    )


def clear_stop(db: sqlite3.Connection, run_id: int) -> None:
    """Withdraw the request to stop, for a run that is assigned again."""
    update_run(
        db,
        run_id,
        stop_requested_at=None,
        stop_kind=None,
        stop_reason=None,
        stop_rung=None,
        stop_step=None,
    )


def project_runs(db: sqlite3.Connection, project_id: int) -> list[sqlite3.Row]:
    """Runs of a project, oldest first."""
    return db.execute("SELECT * FROM run WHERE project_id = ? ORDER BY id", (project_id,)).fetchall()


def sweep_runs(db: sqlite3.Connection, sweep_id: int) -> list[sqlite3.Row]:
    """Runs of a sweep, oldest first."""
    return db.execute("SELECT * FROM run WHERE sweep_id = ? ORDER BY id", (sweep_id,)).fetchall()


def sweep_runs_for_search(db: sqlite3.Connection, sweep_id: int) -> list[sqlite3.Row]:
    """The columns that the search needs of each run of a sweep, oldest first.

    The large columns `config` and `summary` are `{}` if `point` and `metric_last` are set and make them
    unnecessary. This saves time, since a sweep may have a thousand runs.
    """
    return db.execute(
        "SELECT id, state, point, stop_requested_at, metric_count, metric_last,"
        " IIF(point IS NULL, config, '{}') AS config,"
        " IIF(metric_last IS NULL, summary, '{}') AS summary FROM run WHERE sweep_id = ? ORDER BY id",
        (sweep_id,),
    ).fetchall()


def any_live_run(db: sqlite3.Connection) -> bool:
    """Whether any run of any sweep is live."""
    row = db.execute(f"SELECT 1 FROM run WHERE state IN ({placeholders(LIVE)}) LIMIT 1", LIVE).fetchone()
    return row is not None


def live_run_ids(db: sqlite3.Connection, sweep_id: int) -> list[int]:
    """Row ids of a sweep's live runs."""
    rows = db.execute(
        f"SELECT id FROM run WHERE sweep_id = ? AND state IN ({placeholders(LIVE)})", (sweep_id, *LIVE)
    )
    return [run_id for (run_id,) in rows]


def running_runs(db: sqlite3.Connection, sweep_id: int) -> list[tuple[int, str]]:
    """Row id and name of each run of a sweep that is running and was not asked to stop."""
    rows = db.execute(
        "SELECT id, name FROM run WHERE sweep_id = ? AND state = 'running' AND stop_requested_at IS NULL",
        (sweep_id,),
    )
    return [(row["id"], row["name"]) for row in rows]


def silent_runs(db: sqlite3.Connection, watched_since: float, silent_since: float) -> list[int]:
    """Row ids of the live runs whose client sent nothing since `silent_since`.

    A run whose agent still reports its process is left out: it may be loading a model.

    Args:
        db: A connection.
        watched_since: Start of this server process; before it, no request could arrive.
        silent_since: Runs whose last request is older than this are silent.
    """
    rows = db.execute(
        "SELECT run.id FROM run LEFT JOIN agent ON agent.id = run.agent_id"
        f" WHERE run.state IN ({placeholders(LIVE)})"
        " AND (run.started_at IS NOT NULL OR run.agent_id IS NOT NULL)"
        " AND MAX(COALESCE(run.heartbeat_at, 0), COALESCE(run.assigned_at, run.created_at), ?) < ?"
        " AND NOT (run.agent_saw_it AND COALESCE(agent.state, '') = 'RUNNING')",
        (*LIVE, watched_since, silent_since),
    ).fetchall()
    return [run_id for (run_id,) in rows]


def next_waiting_run(db: sqlite3.Connection, sweep_id: int) -> sqlite3.Row | None:
    """Next run of a sweep that waits for an agent, or None.

    Runs that were assigned before come first, then runs that a client added.
    """
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM run WHERE sweep_id = ? AND (state = 'preempted' OR (state = 'pending' AND"
        " agent_id IS NULL)) ORDER BY assigned_at IS NULL, id LIMIT 1",
        (sweep_id,),
    ).fetchone()
    return row


def count_runs(db: sqlite3.Connection, sweep_id: int) -> int:
    """Number of runs of a sweep."""
    return _count(db, "sweep_id = ?", sweep_id)


def count_assigned_runs(db: sqlite3.Connection, sweep_id: int) -> int:
    """Number of runs of a sweep that were assigned to an agent at least once, or started without one."""
    return _count(db, "sweep_id = ? AND NOT (state = 'pending' AND assigned_at IS NULL)", sweep_id)


def count_interrupted_runs(db: sqlite3.Connection, sweep_id: int) -> int:
    """Number of runs of a sweep that were assigned before and still have to start or resume."""
    condition = "sweep_id = ? AND assigned_at IS NOT NULL AND state IN ('pending', 'preempting', 'preempted')"
    return _count(db, condition, sweep_id)


def _count(db: sqlite3.Connection, condition: str, *values: Any) -> int:
    return int(db.execute(f"SELECT COUNT(*) FROM run WHERE {condition}", values).fetchone()[0])


def count_by_state(db: sqlite3.Connection, sweep_id: int) -> dict[str, int]:
    """Number of runs of a sweep in each state, by state; states without runs are left out."""
    rows = db.execute("SELECT state, COUNT(*) FROM run WHERE sweep_id = ? GROUP BY state", (sweep_id,))
    return dict(rows.fetchall())


def states_and_requeues(db: sqlite3.Connection, sweep_id: int) -> list[tuple[str, int]]:
    """State of each run of a sweep, and how many times the run was requeued after a crash."""
    rows = db.execute("SELECT state, requeues FROM run WHERE sweep_id = ?", (sweep_id,))
    return [(state, requeues) for state, requeues in rows]


def plain_config(run: sqlite3.Row) -> dict[str, Any]:
    """Configuration of a run as `{name: value}`, without the entries that the client adds."""
    return unwrap(json.loads(run["config"]))


def unwrap(config: Mapping[str, Any]) -> dict[str, Any]:
    """`{"name": v}` for `{"name": {"value": v}}`, without the entries that the client adds."""
    return {
        name: entry["value"] if isinstance(entry, dict) and "value" in entry else entry
        for name, entry in config.items()
        if name not in ("_wandb", "wandb_version")
    }
