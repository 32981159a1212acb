"""The rules that stop runs and sweeps: Hyperband, the target of the metric, and cancelling a sweep."""

import sqlite3

from server.search.hyperband import MetricValues, Verdict, hyperband_rungs, verdicts
from server.search.space import SweepSpec, spec_of
from server.storage.records.metrics import best_run, best_value, metric_value, rung_values
from server.storage.records.runs import live_run_ids, request_stop, running_runs
from server.storage.records.sweeps import sweep_by_id, update_sweep


def apply_stopping_rules(db: sqlite3.Connection, sweep_id: int) -> None:
    """Stop the runs of a sweep that fail a rung of Hyperband, and the sweep if its target is reached."""
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


def _apply_hyperband(db: sqlite3.Connection, sweep_id: int, spec: SweepSpec) -> None:
    assert spec.metric is not None
    assert spec.early_terminate is not None
    maximize = spec.metric.goal == "maximize"
    sign = -1 if maximize else 1
    # Hyperband takes smaller values for better, so that a metric to maximize is negated.
    values = {
        name: MetricValues({rung: sign * value for rung, value in at_rung.items()}, best=float("inf"))
        for name, at_rung in rung_values(db, sweep_id, hyperband_rungs(spec.early_terminate)).items()
    }
    running = running_runs(db, sweep_id)
    if not spec.early_terminate.strict:
        for run_id, name in running:
            if name in values:
                best = best_value(db, run_id, maximize=maximize)
                values[name] = MetricValues(values[name].at_rung, sign * best)
    stopped = verdicts(spec.early_terminate, values, [name for _, name in running])
    for run_id, name in running:
        if name in stopped:
            _stop_by_hyperband(db, run_id, spec.metric.name, sign, stopped[name])


def _stop_by_hyperband(db: sqlite3.Connection, run_id: int, metric: str, sign: int, verdict: Verdict) -> None:
    step, _ = metric_value(db, run_id, verdict.rung)
    relation = "below" if sign < 0 else "above"
    reason = (
        f"Hyperband at rung {verdict.rung} (step {step}): {metric} {sign * verdict.value:.6g} is {relation}"
        f" {sign * verdict.threshold:.6g}, the worst value that survives among {verdict.population} runs"
    )
    request_stop(db, run_id, "hyperband", reason, rung=verdict.rung, step=step)


def _apply_target(db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec) -> None:
    assert spec.metric is not None
    maximize = spec.metric.goal == "maximize"
    best = best_run(db, sweep["id"], maximize=maximize)
    if best is None or spec.metric.target is None:
        return
    name, value = best
    if value >= spec.metric.target if maximize else value <= spec.metric.target:
        reason = f"run {name} reached the target {spec.metric.target:g} with {value:.6g}"
        update_sweep(db, sweep["id"], state="FINISHED", state_reason=reason)


def cancel_runs(db: sqlite3.Connection, sweep_id: int, reason: str) -> None:
    """Ask all live runs of a sweep to stop."""
    for run_id in live_run_ids(db, sweep_id):
        request_stop(db, run_id, "cancel", reason)
