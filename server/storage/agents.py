"""Agents: the processes that ask for runs."""

import sqlite3
import time

from server.storage.sweeps import new_name


def create_agent(db: sqlite3.Connection, sweep_id: int, host: str) -> sqlite3.Row:
    """Store a new agent and return it."""
    now = time.time()
    cursor = db.execute(
        "INSERT INTO agent (name, sweep_id, host, state, created_at, heartbeat_at)"
        " VALUES (?, ?, ?, 'RUNNING', ?, ?)",
        (new_name(), sweep_id, host, now, now),
    )
    row: sqlite3.Row = db.execute("SELECT * FROM agent WHERE id = ?", (cursor.lastrowid,)).fetchone()
    return row


def find_agent(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """Return the agent with this identifier, or None."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM agent WHERE name = ?", (name,)).fetchone()
    return row


def sweep_agents(db: sqlite3.Connection, sweep_id: int) -> list[sqlite3.Row]:
    """Return a sweep's agents, oldest first."""
    return db.execute("SELECT * FROM agent WHERE sweep_id = ? ORDER BY id", (sweep_id,)).fetchall()


def agent_runs(db: sqlite3.Connection, agent_id: int) -> list[sqlite3.Row]:
    """Return the runs an agent was last to receive, oldest first."""
    return db.execute("SELECT * FROM run WHERE agent_id = ? ORDER BY id", (agent_id,)).fetchall()
