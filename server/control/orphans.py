"""Orphans: training processes whose agent has died. They must end before their host gets another run.

An agent that is killed cannot end its training process. The process continues on its accelerator, and a new
agent on the same host would start a second one there.
"""

import sqlite3

from server.storage.records.agents import started_runs_of_other_agents, update_agent
from server.storage.records.runs import request_stop

DEAD_AFTER = 15.0
"""An agent without a heartbeat for this many seconds is dead; agents send one every 5 s."""
BACK_WITHIN = 90.0
"""After the server was unreachable, agents send their next heartbeat within this many seconds."""
STARTED_TOGETHER = 2.5
"""An agent whose last heartbeat is at most this many seconds old is alive; no new agent waits for it."""


def host_is_taken(
    db: sqlite3.Connection, agent: sqlite3.Row, now: float, patience: float, unreachable_until: float = 0.0
) -> bool:
    """Whether an agent must wait, because the run of a dead agent may still have a process on its host.

    Such a run is asked to stop. An agent that has just started also waits until every other agent on its host
    has sent another heartbeat, since the new agent may replace a dead one.

    Args:
        db: The writer's connection.
        agent: The agent that asks for a run.
        now: The current time in seconds since the epoch.
        patience: The agent waits at most this many seconds after the run was asked to stop.
        unreachable_until: Until this time the server could not receive heartbeats, because it was down or its
            disk was full.
    """
    dead_after = DEAD_AFTER if now - unreachable_until > BACK_WITHIN + DEAD_AFTER else BACK_WITHIN
    must_wait = False
    for run_id, stop_requested_at, other_id, heartbeat_at in started_runs_of_other_agents(db, agent):
        silent = now - max(heartbeat_at, unreachable_until)
        if silent > dead_after:
            request_stop(db, run_id, "orphan", f"its agent on {agent['host']} has died")
            # As long as its agent is in state RUNNING, a silent run does not count as crashed.
            update_agent(db, other_id, state="CRASHED")
            must_wait |= stop_requested_at is None or now - stop_requested_at < patience
        elif silent > STARTED_TOGETHER and heartbeat_at < agent["created_at"]:
            must_wait = True
    return must_wait
