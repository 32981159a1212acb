"""Points for the runs to come, prepared in the background so that no heartbeat waits for a search."""

import hashlib
import json
import logging
import sqlite3
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from server.search.grid import grid_point, grid_size
from server.search.hyperband import bands
from server.search.random_search import random_point
from server.search.space import SweepSpec
from server.search.trial import STARTUP_RUNS, Trial
from server.storage.database import Database
from server.storage.runs import OVER, plain_config
from server.storage.sweeps import spec_of, sweep_by_id, sweep_runs

logger = logging.getLogger(__name__)

Point = dict[str, Any]


@dataclass(frozen=True)
class Exhausted:
    """There are no further points."""


@dataclass(frozen=True)
class NotReady:
    """The next point is still being prepared."""


def point_seed(seed: int, sweep_id: int, number: int) -> int:
    """Return the seed of a sweep's point: the server's seed, which sweep it is, and which point."""
    digest = hashlib.sha256(f"{seed}/{sweep_id}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


class Suggestions:
    """Prepares the next point of every Bayesian sweep; grid and random points need no preparation."""

    def __init__(self, database: Database, seed: int) -> None:
        """Start the background thread.

        Args:
            database: Where the runs are.
            seed: Base of every sweep's seed.
        """
        self.database = database
        self._seed = seed
        self._ready: dict[int, tuple[int, Point]] = {}
        self._stale: set[int] = set()
        self._preparing: int | None = None
        self._wake = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._prepare_forever, name="suggestions", daemon=True)
        self._thread.start()

    def refresh(self, sweep_id: int) -> None:
        """Say that what is known of a sweep's runs has changed."""
        with self._wake:
            self._stale.add(sweep_id)
            self._wake.notify()

    def refresh_after_commit(self, sweep_id: int) -> None:
        """Say that the change being written changes what is known of a sweep's runs."""
        self.database.after_commit(lambda: self.refresh(sweep_id))

    def next_point(
        self, db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec
    ) -> tuple[Point, int] | Exhausted | NotReady:
        """Return the sweep's next point with the number of points then drawn; never waits."""
        number = sweep["suggested"]
        if spec.scheduler is not None or spec.method == "custom":
            return NotReady()
        if spec.method == "grid":
            return _next_grid_point(db, sweep, spec)
        runs = db.execute("SELECT COUNT(*) FROM run WHERE sweep_id = ?", (sweep["id"],)).fetchone()[0]
        if spec.method == "random" or runs < STARTUP_RUNS:
            return random_point(spec, point_seed(self._seed, sweep["id"], number)), number + 1
        with self._wake:
            # Only a point that knows of every outcome so far: the same results then lead to the same points.
            if sweep["id"] in self._stale or sweep["id"] == self._preparing:
                return NotReady()
            ready = self._ready.get(sweep["id"])
        if ready is None or ready[0] != number:
            self.refresh_after_commit(sweep["id"])
            return NotReady()
        return ready[1], number + 1

    def close(self) -> None:
        """Stop the background thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _prepare_forever(self) -> None:
        # The search library takes seconds to load: do that before anyone needs it.
        from server.search.bayes import bayes_point

        while True:
            with self._wake:
                self._preparing = None
                while not self._stale and not self._closing:
                    self._wake.wait()
                if self._closing:
                    return
                sweep_id = self._preparing = self._stale.pop()
            try:
                with self.database.read() as db:
                    sweep = sweep_by_id(db, sweep_id)
                    spec = None if sweep is None else spec_of(sweep["config"])
                    if sweep is None or spec is None or spec.method != "bayes" or spec.scheduler is not None:
                        continue
                    trials = told_trials(db, sweep_id, spec)
                number = sweep["suggested"]
                self._ready[sweep_id] = (
                    number,
                    bayes_point(spec, trials, point_seed(self._seed, sweep_id, number)),
                )
            except Exception:
                logger.exception("no suggestion for sweep row %s", sweep_id)


def _next_grid_point(
    db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec
) -> tuple[Point, int] | Exhausted:
    done = {
        json.dumps(point, sort_keys=True)
        for run in sweep_runs(db, sweep["id"])
        if run["point"] is None and (point := spec.point_of(plain_config(run))) is not None
    }
    for number in range(sweep["suggested"], grid_size(spec)):
        point = grid_point(spec, number)
        if not done or json.dumps(point, sort_keys=True) not in done:
            return point, number + 1
    return Exhausted()


@lru_cache(maxsize=8192)
def _parsed(point: str) -> Point:
    """Return a point from its text; it is not to be changed."""
    parsed: Point = json.loads(point)
    return parsed


def told_trials(db: sqlite3.Connection, sweep_id: int, spec: SweepSpec) -> list[Trial]:
    """Return what the search is told of a sweep's runs, oldest first; runs outside the space are left out."""
    rungs = bands(spec.early_terminate)
    trials: list[Trial] = []
    narrow = "id, state, point, stop_requested_at, metric_count, metric_last"
    for run in db.execute(
        # Wide columns only where they are needed: a sweep may have a thousand runs.
        f"SELECT {narrow}, IIF(point IS NULL, config, '{{}}') AS config,"
        " IIF(metric_last IS NULL, summary, '{}') AS summary FROM run WHERE sweep_id = ? ORDER BY id",
        (sweep_id,),
    ):
        point = _parsed(run["point"]) if run["point"] else spec.point_of(plain_config(run))
        if point is not None and point.keys() == spec.parameters.keys():
            trials.append(_told(db, run, point, spec, rungs))
    return trials


def _told(
    db: sqlite3.Connection, run: sqlite3.Row, point: Point, spec: SweepSpec, rungs: tuple[int, ...]
) -> Trial:
    assert spec.metric is not None
    if run["state"] not in OVER:
        return Trial(point, "running")
    if run["stop_requested_at"] is not None and run["metric_count"]:
        # Judged by its value at the last rung; before any (stopped by a person), by its last value.
        reached = [rung for rung in rungs if rung <= run["metric_count"]]
        n = max(reached, default=run["metric_count"])
        (value,) = db.execute(
            "SELECT value FROM metric_value WHERE run_id = ? AND n = ?", (run["id"], n)
        ).fetchone()
        return Trial(point, "pruned", at_rung={n: value})
    value = run["metric_last"]
    if value is None:
        summary = json.loads(run["summary"]).get(spec.metric.name)
        value = float(summary) if isinstance(summary, int | float) else None
    if run["state"] == "finished" and value is not None:
        return Trial(point, "finished", value)
    return Trial(point, "failed")
