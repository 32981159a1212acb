"""Agents: the processes that ask the server for runs."""

import sqlite3
import time
from typing import Any

from server.storage.records.runs import LIVE
from server.storage.records.tables import insert_row, new_name, placeholders, update_row


def create_agent(db: sqlite3.Connection, sweep_id: int, host: str) -> sqlite3.Row:
    """Store a new agent in state RUNNING and return it."""
    now = time.time()
    values = {
        "name": new_name(),
        "sweep_id": sweep_id,
        "host": host,
        "state": "RUNNING",
        "created_at": now,
        "heartbeat_at": now,
    }
    return insert_row(db, "agent", values)


def update_agent(db: sqlite3.Connection, agent_id: int, **columns: Any) -> None:
    """Set columns of an agent."""
    update_row(db, "agent", agent_id, columns)


def find_agent(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Agent with this name, or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM agent WHERE name = ?", (name,)).fetchone()
    return row


def sweep_agents(db: sqlite3.Connection, sweep_id: int) -> list[sqlite3.Row]:
    """Agents of a sweep, oldest first."""
    return db.execute("SELECT * FROM agent WHERE sweep_id = ? ORDER BY id", (sweep_id,)).fetchall()


def agent_runs(db: sqlite3.Connection, agent_id: int) -> list[sqlite3.Row]:
    """Runs whose last agent was this one, oldest first."""
    return db.execute("SELECT * FROM run WHERE agent_id = ? ORDER BY id", (agent_id,)).fetchall()


def started_runs_of_other_agents(
    db: sqlite3.Connection, agent: sqlite3.Row
) -> list[tuple[int, float | None, int, float]]:
    """Live runs of the other agents on the same host that have started.

    Returns:
        One tuple for each run: its row id, when it was asked to stop (or None), the row id of its agent, and
        the time of that agent's last heartbeat. Times are in seconds since the epoch.
    """
    rows = db.execute(
        "SELECT run.id, run.stop_requested_at, agent.id, agent.heartbeat_at"
        " FROM run JOIN agent ON agent.id = agent_id"
        f" WHERE agent.host = ? AND agent.id != ? AND run.state IN ({placeholders(LIVE)})"
        " AND run.started_at IS NOT NULL",
        (agent["host"], agent["id"], *LIVE),
    )
    return [tuple(row) for row in rows]


def mark_silent_agents(db: sqlite3.Connection, watched_since: float, silent_since: float) -> None:
    """Set every running agent without a heartbeat since `silent_since` to CRASHED.

    Args:
        db: The writer's connection.
        watched_since: Start of this server process; before it, no heartbeat could arrive.
        silent_since: Agents whose last heartbeat is older than this have crashed.
    """
    db.execute(
        "UPDATE agent SET state = 'CRASHED' WHERE state = 'RUNNING' AND MAX(heartbeat_at, ?) < ?",
        (watched_since, silent_since),
    )
