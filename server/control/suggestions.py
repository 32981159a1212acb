"""The next point of each sweep, computed in the background so that no heartbeat waits for it."""

import hashlib
import json
import logging
import sqlite3
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from server.search.grid import grid_point, grid_size
from server.search.hyperband import hyperband_rungs
from server.search.random_search import random_point
from server.search.space import SweepSpec, spec_of
from server.search.startup import startup_point
from server.search.trial import Trial
from server.storage.database import Database
from server.storage.records.metrics import metric_value
from server.storage.records.runs import (
    ENDED,
    count_runs,
    plain_config,
    sweep_runs,
    sweep_runs_for_search,
)
from server.storage.records.sweeps import sweep_by_id

logger = logging.getLogger(__name__)

Point = dict[str, Any]


@dataclass(frozen=True)
class Exhausted:
    """The sweep has no further points."""


@dataclass(frozen=True)
class NotReady:
    """The next point is not known yet."""


def point_seed(seed: int, sweep_id: int, number: int) -> int:
    """Seed of a sweep's `number`-th point, in [0, 2**32), from the server's seed and the sweep's row id."""
    digest = hashlib.sha256(f"{seed}/{sweep_id}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


class Suggestions:
    """Computes the next point of every Bayesian sweep in advance; grid and random points need no time."""

    def __init__(self, database: Database, seed: int) -> None:
        """Start the background thread.

        Args:
            database: The records of sweeps and runs.
            seed: The server's seed, from which the seeds of all points are derived.
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
        """Compute the next point of a sweep again, because its runs have changed."""
        with self._wake:
            self._stale.add(sweep_id)
            self._wake.notify()

    def refresh_after_commit(self, sweep_id: int) -> None:
        """Call `refresh` when the current change is on disk."""
        self.database.after_commit(lambda: self.refresh(sweep_id))

    def next_point(
        self, db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec
    ) -> tuple[Point, int] | Exhausted | NotReady:
        """Next point of a sweep, and the number of points proposed with it; never waits for a search."""
        number = sweep["suggested"]
        if spec.scheduler is not None or spec.method == "custom":
            return NotReady()
        if spec.method == "grid":
            return _next_grid_point(db, sweep, spec)
        seed = point_seed(self._seed, sweep["id"], number)
        if spec.method == "random":
            return random_point(spec, seed), number + 1
        point = startup_point(spec, count_runs(db, sweep["id"]), number, seed)
        if point is not None:
            return point, number + 1
        with self._wake:
            # Only a point from all results so far is used, so that the same results give the same points.
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
        # The import takes seconds, so it is done before a point is needed.
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
                    trials = sweep_trials(db, sweep_id, spec)
                number = sweep["suggested"]
                self._ready[sweep_id] = (
                    number,
                    bayes_point(spec, trials, point_seed(self._seed, sweep_id, number)),
                )
            except Exception:
                logger.exception("the search for the next point of sweep row %s failed", sweep_id)


def _next_grid_point(
    db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec
) -> tuple[Point, int] | Exhausted:
    # Runs without a point were not proposed by the search: their grid points are done already.
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
    """Point parsed from JSON text, from a cache; must not be modified."""
    parsed: Point = json.loads(point)
    return parsed


def sweep_trials(db: sqlite3.Connection, sweep_id: int, spec: SweepSpec) -> list[Trial]:
    """Trials of the search, one for each run of a sweep inside the search space, oldest first."""
    rungs = hyperband_rungs(spec.early_terminate)
    trials: list[Trial] = []
    for run in sweep_runs_for_search(db, sweep_id):
        point = _parsed(run["point"]) if run["point"] else spec.point_of(plain_config(run))
        if point is not None and point.keys() == spec.parameters.keys():
            trials.append(_trial(db, run, point, spec, rungs))
    return trials


def _trial(
    db: sqlite3.Connection, run: sqlite3.Row, point: Point, spec: SweepSpec, rungs: tuple[int, ...]
) -> Trial:
    assert spec.metric is not None
    if run["state"] not in ENDED:
        return Trial(point, "running")
    if run["stop_requested_at"] is not None and run["metric_count"]:
        # The value at the last rung counts, or the last value if the run was stopped before the first rung.
        reached = [rung for rung in rungs if rung <= run["metric_count"]]
        n = max(reached, default=run["metric_count"])
        _, rung_value = metric_value(db, run["id"], n)
        return Trial(point, "pruned", at_rung={n: rung_value})
    value = run["metric_last"]
    if value is None:
        summary = json.loads(run["summary"]).get(spec.metric.name)
        value = float(summary) if isinstance(summary, int | float) else None
    if run["state"] == "finished" and value is not None:
        return Trial(point, "finished", value)
    return Trial(point, "failed")
