"""Training processes whose agent died: they are ended before their host is given another run.

An agent that is killed cannot take its training process with it; the process goes on, unseen, on the same
accelerator. A new agent on that host would start a second one beside it.
"""

import sqlite3

from server.control.stopping import request_stop
from server.storage.runs import LIVE

# An agent asks every 5 s: one that missed this much has died, or its host has.
DEAD_AFTER = 15.0
# After the server itself was away, agents are back within this time at the latest.
BACK_WITHIN = 90.0
# Agents started together have all been heard of within this time, and need not wait for each other.
STARTED_TOGETHER = 2.5


def host_is_taken(
    db: sqlite3.Connection, agent: sqlite3.Row, now: float, patience: float, away_until: float = 0.0
) -> bool:
    """Whether an agent must wait because a run without an agent may still be working on its host.

    Such a run is asked to stop. An agent that just started also waits until the others on its host were
    heard of once more, since one of them may be the dead one that it replaces.

    Args:
        db: The writer's connection.
        agent: The agent that asks for a run.
        now: Seconds since the epoch.
        patience: Seconds after the request to stop from which on the run is no longer waited for.
        away_until: Until when agents could not be heard because the server was down or its disk full.
    """
    marks = ", ".join("?" * len(LIVE))
    others = db.execute(
        "SELECT run.id, run.stop_requested_at, agent.id, agent.heartbeat_at"
        " FROM run JOIN agent ON agent.id = agent_id"
        f" WHERE agent.host = ? AND agent.id != ? AND run.state IN ({marks})"
        " AND run.started_at IS NOT NULL",
        (agent["host"], agent["id"], *LIVE),
    ).fetchall()
    dead_after = DEAD_AFTER if now - away_until > BACK_WITHIN + DEAD_AFTER else BACK_WITHIN
    taken = False
    for run_id, stop_requested_at, other_id, heard_at in others:
        silent = now - max(heard_at, away_until)
        if silent > dead_after:
            request_stop(db, run_id, "orphan", f"its agent on {agent['host']} has died")
            # From here on silence alone tells that the run has died, too.
            db.execute("UPDATE agent SET state = 'CRASHED' WHERE id = ?", (other_id,))
            taken |= stop_requested_at is None or now - stop_requested_at < patience
        elif silent > STARTED_TOGETHER and heard_at < agent["created_at"]:
            taken = True
    return taken
