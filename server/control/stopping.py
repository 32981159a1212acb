"""Who is stopped, and why: Hyperband at the rungs, and people."""

import sqlite3
import time

from server.search.hyperband import Standing, Verdict, bands, verdicts
from server.search.space import SweepSpec
from server.storage.runs import LIVE, update_run
from server.storage.sweeps import spec_of, sweep_by_id, update_sweep


def request_stop(db: sqlite3.Connection, run_id: int, kind: str, reason: str, **columns: int) -> None:
    """Ask a run to stop; the first request's reason stays."""
    db.execute(
        "UPDATE run SET stop_requested_at = ?, stop_kind = ?, stop_reason = ?, stop_rung = ?, stop_step = ?"
        " WHERE id = ? AND stop_requested_at IS NULL",
        (time.time(), kind, reason, columns.get("rung"), columns.get("step"), run_id),
    )


def judge(db: sqlite3.Connection, sweep_id: int) -> None:
    """Apply a sweep's rules to the values its runs have logged: Hyperband, and the metric's target."""
    sweep = sweep_by_id(db, sweep_id)
    if sweep is None:
        return
    spec = spec_of(sweep["config"])
    if spec.metric is None:
        return
    if spec.early_terminate is not None and spec.scheduler is None:
        _apply_hyperband(db, sweep_id, spec)
    if spec.metric.target is not None and sweep["state"] in ("RUNNING", "PAUSED"):
        _apply_target(db, sweep, spec)


def rung_values(db: sqlite3.Connection, sweep_id: int, rungs: tuple[int, ...]) -> dict[str, dict[int, float]]:
    """Return the metric's value of every run of a sweep at each rung it has reached, by run identifier."""
    deepest = db.execute("SELECT MAX(metric_count) FROM run WHERE sweep_id = ?", (sweep_id,)).fetchone()[0]
    reached = [rung for rung in rungs if rung <= (deepest or 0)]
    marks = ", ".join("?" * len(reached))
    found: dict[str, dict[int, float]] = {}
    for name, n, value in db.execute(
        "SELECT run.name, n, value FROM run JOIN metric_value ON run_id = run.id"
        f" WHERE sweep_id = ? AND n IN ({marks}) ORDER BY run.id, n",
        (sweep_id, *reached),
    ):
        found.setdefault(name, {})[n] = value
    return found


def _apply_hyperband(db: sqlite3.Connection, sweep_id: int, spec: SweepSpec) -> None:
    assert spec.metric is not None
    assert spec.early_terminate is not None
    sign = -1 if spec.metric.goal == "maximize" else 1
    best = "MAX" if sign < 0 else "MIN"
    standings = {
        name: Standing({rung: sign * value for rung, value in values.items()}, best=float("inf"))
        for name, values in rung_values(db, sweep_id, bands(spec.early_terminate)).items()
    }
    running = db.execute(
        "SELECT id, name FROM run WHERE sweep_id = ? AND state = 'running' AND stop_requested_at IS NULL",
        (sweep_id,),
    ).fetchall()
    if not spec.early_terminate.strict:
        for run in running:
            if run["name"] in standings:
                value = db.execute(
                    f"SELECT {best}(value) FROM metric_value WHERE run_id = ?", (run["id"],)
                ).fetchone()[0]
                standings[run["name"]] = Standing(standings[run["name"]].at_rung, sign * value)
    stopped = verdicts(spec.early_terminate, standings, [run["name"] for run in running])
    for run in running:
        if run["name"] in stopped:
            _stop_by_hyperband(db, run["id"], spec.metric.name, sign, stopped[run["name"]])


def _stop_by_hyperband(db: sqlite3.Connection, run_id: int, metric: str, sign: int, verdict: Verdict) -> None:
    step = db.execute(
        "SELECT step FROM metric_value WHERE run_id = ? AND n = ?", (run_id, verdict.rung)
    ).fetchone()[0]
    relation = "below" if sign < 0 else "above"
    reason = (
        f"Hyperband at rung {verdict.rung} (step {step}): {metric} {sign * verdict.value:.6g} is {relation}"
        f" {sign * verdict.threshold:.6g}, the last of {verdict.population} runs there that goes on"
    )
    request_stop(db, run_id, "hyperband", reason, rung=verdict.rung, step=step)


def _apply_target(db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec) -> None:
    assert spec.metric is not None
    best = "MAX" if spec.metric.goal == "maximize" else "MIN"
    reached = db.execute(
        f"SELECT run.name, {best}(value) FROM run JOIN metric_value ON run_id = run.id WHERE sweep_id = ?",
        (sweep["id"],),
    ).fetchone()
    name, value = reached
    if value is None or spec.metric.target is None:
        return
    if value >= spec.metric.target if best == "MAX" else value <= spec.metric.target:
        reason = f"run {name} reached the target {spec.metric.target:g} with {value:.6g}"
        update_sweep(db, sweep["id"], state="FINISHED", state_reason=reason)


def cancel_runs(db: sqlite3.Connection, sweep_id: int, reason: str) -> None:
    """Ask every live run of a sweep to stop."""
    marks = ", ".join("?" * len(LIVE))
    for (run_id,) in db.execute(
        f"SELECT id FROM run WHERE sweep_id = ? AND state IN ({marks})", (sweep_id, *LIVE)
    ).fetchall():
        request_stop(db, run_id, "cancel", reason)


def clear_stop(db: sqlite3.Connection, run_id: int) -> None:
    """Forget a stop, when a run is handed out again."""
    update_run(
        db,
        run_id,
        stop_requested_at=None,
        stop_kind=None,
        stop_reason=None,
        stop_rung=None,
        stop_step=None,
    )
