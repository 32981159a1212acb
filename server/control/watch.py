"""The watch: finds agents and runs that have sent nothing for too long, and sweeps without agents."""

import logging
import sqlite3
import threading
import time

from server.control.scheduler import Scheduler
from server.settings import ServerSettings
from server.storage.database import Database
from server.storage.records.agents import mark_silent_agents
from server.storage.records.runs import silent_runs
from server.storage.records.sweeps import sweeps_without_agents

logger = logging.getLogger(__name__)

INTERVAL = 5.0
"""Largest number of seconds between two checks; with short time limits it is shorter."""


class Watch:
    """Checks for silent agents and runs in a background thread."""

    def __init__(self, database: Database, scheduler: Scheduler, settings: ServerSettings) -> None:
        """Start the background thread; only silence from now on counts."""
        self._database = database
        self._scheduler = scheduler
        self._settings = settings
        self._started = time.time()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._check_forever, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop the background thread."""
        self._closing.set()
        self._thread.join()

    def _check_forever(self) -> None:
        interval = min(INTERVAL, self._settings.crash_after / 4, self._settings.agent_timeout / 4)
        while not self._closing.wait(interval):
            try:
                self._database.write(self._check)
            except Exception:
                logger.exception("the check for crashed runs failed")

    def _check(self, db: sqlite3.Connection) -> None:
        """Set the states of agents and runs that were silent for too long, and of sweeps without agents."""
        now = time.time()
        mark_silent_agents(db, self._started, now - self._settings.agent_timeout)
        for run_id in silent_runs(db, self._started, now - self._settings.crash_after):
            self._scheduler.process_ended(db, run_id, None)
        # An agent that exits after `--count` runs does not tell the server.
        for sweep in sweeps_without_agents(db):
            self._scheduler.all_agents_left(db, sweep)
