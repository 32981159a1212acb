"""Notices who has fallen silent: agents that are gone, runs that have crashed."""

import logging
import sqlite3
import threading
import time

from server.control.scheduler import Scheduler
from server.settings import ServerSettings
from server.storage.database import Database
from server.storage.runs import LIVE

logger = logging.getLogger(__name__)

# Most seconds between two looks; less where less patience is asked for.
INTERVAL = 5.0


class Watch:
    """Looks for silence in the background."""

    def __init__(self, database: Database, scheduler: Scheduler, settings: ServerSettings) -> None:
        """Start the background thread; silence before this moment is the server's own."""
        self._database = database
        self._scheduler = scheduler
        self._settings = settings
        self._started = time.time()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._look_forever, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the background thread."""
        self._closing.set()
        self._thread.join()

    def _look_forever(self) -> None:
        interval = min(INTERVAL, self._settings.crash_after / 4, self._settings.agent_timeout / 4)
        while not self._closing.wait(interval):
            try:
                self._database.write(self.look)
            except Exception:
                logger.exception("looking for crashed runs failed")

    def look(self, db: sqlite3.Connection) -> None:
        """Mark agents and runs that have been silent for too long."""
        now = time.time()
        db.execute(
            "UPDATE agent SET state = 'CRASHED' WHERE state = 'RUNNING' AND MAX(heartbeat_at, ?) < ?",
            (self._started, now - self._settings.agent_timeout),
        )
        # A run whose agent still reports its process is alive, however silent (it may be loading a model).
        silent = db.execute(
            "SELECT run.id FROM run LEFT JOIN agent ON agent.id = run.agent_id"
            f" WHERE run.state IN ({', '.join('?' * len(LIVE))})"
            " AND (run.started_at IS NOT NULL OR run.agent_id IS NOT NULL)"
            " AND MAX(COALESCE(run.heartbeat_at, 0), COALESCE(run.assigned_at, run.created_at), ?) < ?"
            " AND NOT (run.agent_saw_it AND COALESCE(agent.state, '') = 'RUNNING')",
            (*LIVE, self._started, now - self._settings.crash_after),
        ).fetchall()
        for (run_id,) in silent:
            self._scheduler.process_ended(db, run_id, None)
        # An agent with a count of its own leaves without a word.
        deserted = db.execute(
            "SELECT * FROM sweep WHERE state = 'RUNNING'"
            " AND EXISTS (SELECT 1 FROM agent WHERE sweep_id = sweep.id)"
            " AND NOT EXISTS (SELECT 1 FROM agent WHERE sweep_id = sweep.id AND agent.state = 'RUNNING')"
            " AND NOT EXISTS (SELECT 1 FROM run WHERE sweep_id = sweep.id"
            "  AND run.state IN ('running', 'preempting'))"
        ).fetchall()
        for sweep in deserted:
            self._scheduler.agents_left(db, sweep)
