"""Training processes whose agent has died: they must end before their host gets another run.

An agent that is killed cannot end its training process. The process keeps running on the same accelerator,
and a new agent on that host would start a second one beside it.
"""

import sqlite3

from server.storage.records.agents import started_runs_of_other_agents, update_agent
from server.storage.records.runs import request_stop

# Agents send a heartbeat every 5 s; an agent that was silent for this many seconds has died, or its host has.
DEAD_AFTER = 15.0
# After the server itself was unreachable, agents send their next heartbeat within this many seconds.
BACK_WITHIN = 90.0
# Agents that start together have all sent a heartbeat within this many seconds and need not wait longer.
STARTED_TOGETHER = 2.5


def host_is_taken(
    db: sqlite3.Connection, agent: sqlite3.Row, now: float, patience: float, unreachable_until: float = 0.0
) -> bool:
    """Whether an agent must wait, because the run of a dead agent may still be working on its host.

    Such a run is asked to stop. An agent that has just started also waits until every other agent on its host
    has sent another heartbeat, since one of them may be the dead agent that it replaces.

    Args:
        db: The writer's connection.
        agent: The agent that asks for a run.
        now: Seconds since the epoch.
        patience: Seconds after the request to stop after which the run is no longer waited for.
        unreachable_until: Time until which the server could not receive heartbeats, because it was down or
            its disk was full.
    """
    dead_after = DEAD_AFTER if now - unreachable_until > BACK_WITHIN + DEAD_AFTER else BACK_WITHIN
    taken = False
    for run_id, stop_requested_at, other_id, heartbeat_at in started_runs_of_other_agents(db, agent):
        silent = now - max(heartbeat_at, unreachable_until)
        if silent > dead_after:
            request_stop(db, run_id, "orphan", f"its agent on {agent['host']} has died")
            # From now on the run also counts as crashed once it has been silent for long enough.
            update_agent(db, other_id, state="CRASHED")
            taken |= stop_requested_at is None or now - stop_requested_at < patience
        elif silent > STARTED_TOGETHER and heartbeat_at < agent["created_at"]:
            taken = True
    return taken
