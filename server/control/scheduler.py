"""What an agent is told at each heartbeat: take a run, take one up again, stop one, or go home."""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.control.orphans import host_is_taken
from server.control.stopping import cancel_runs, clear_stop
from server.control.suggestions import Exhausted, NotReady, Suggestions
from server.search.space import SweepSpec
from server.settings import ServerSettings
from server.storage.agents import agent_runs, find_agent
from server.storage.runs import LIVE, create_run, end_run, plain_config, run_by_id, update_run
from server.storage.sweeps import spec_of, sweep_by_id, update_sweep

Command = dict[str, Any]

# An agent asks every 5 s. A repeat within this time is the client's own retry after a lost answer.
RETRY_WITHIN = 4.0
# Silence longer than this between an answer and the next heartbeat means that the answer may never have come.
NORMAL_PAUSE = 45.0
# A run handed out this often without ever being seen is given up.
MAX_ASSIGNMENTS = 3


class AgentGoneError(LookupError):
    """The agent, or its sweep, is not known (any more)."""


@dataclass(frozen=True)
class Scheduler:
    """Hands out runs. All methods run inside the writer's transaction.

    Attributes:
        settings: The server's patience.
        suggestions: Where new points come from.
        boot: Identifies this server process, to tell answers lost in a restart.
        resumed_at: When this process took over runs that were going on; 0 if there were none.
    """

    settings: ServerSettings
    suggestions: Suggestions
    boot: str
    resumed_at: float = 0.0

    def heartbeat(self, db: sqlite3.Connection, agent_name: str, alive: Mapping[str, bool]) -> list[Command]:
        """Take in which runs an agent is working on and return what it should do.

        Args:
            db: The writer's connection.
            agent_name: The agent's identifier.
            alive: Identifiers of the runs whose process is alive on the agent's side.

        Raises:
            AgentGoneError: If the agent or its sweep does not exist.
        """
        now = time.time()
        agent = find_agent(db, agent_name)
        sweep = None if agent is None else sweep_by_id(db, agent["sweep_id"])
        if agent is None or sweep is None:
            raise AgentGoneError(agent_name)
        db.execute("UPDATE agent SET heartbeat_at = ?, state = 'RUNNING' WHERE id = ?", (now, agent["id"]))
        commands: list[Command] = []
        for run in agent_runs(db, agent["id"]):
            if run["name"] in alive:
                update_run(db, run["id"], agent_saw_it=1)
                commands += self._stop_if_asked(run, now)
            elif run["state"] in LIVE:
                self._missing(db, run, sweep, now)
        if not alive:
            commands += self._next(db, sweep, agent, now)
        return commands

    def _stop_if_asked(self, run: sqlite3.Row, now: float) -> list[Command]:
        """Tell the agent to end a run that was asked to stop and did not within its time of grace."""
        if run["stop_requested_at"] is None:
            return []
        waited = now - run["stop_requested_at"]
        if run["stop_kind"] == "cancel" or waited >= self.settings.stop_grace:
            return [{"type": "stop", "run_id": run["name"]}]
        return []

    def _missing(self, db: sqlite3.Connection, run: sqlite3.Row, sweep: sqlite3.Row, now: float) -> None:
        """Close a run that the agent should be working on and is not, or queue it if it never arrived."""
        never_seen = not run["agent_saw_it"] and run["started_at"] is None
        if never_seen and run["stop_requested_at"] is None and self._answer_was_lost(run, now):
            update_run(db, run["id"], agent_id=None)
            return
        self.process_ended(db, run["id"], None)

    def _answer_was_lost(self, run: sqlite3.Row, now: float) -> bool:
        """Whether the agent may never have heard of a run, rather than having lost it at once."""
        if run["assignments"] >= MAX_ASSIGNMENTS:
            return False
        since = now - run["assigned_at"]
        return bool(since < RETRY_WITHIN or since > NORMAL_PAUSE or run["assigned_by"] != self.boot)

    def _next(
        self, db: sqlite3.Connection, sweep: sqlite3.Row, agent: sqlite3.Row, now: float
    ) -> list[Command]:
        """Return an idle agent's next run, if the sweep has one for it."""
        if sweep["state"] == "PENDING":
            update_sweep(db, sweep["id"], state="RUNNING", state_reason=None)
        if sweep["state"] in ("CANCELED", "FINISHED"):
            return self._send_home(db, agent)
        if sweep["state"] == "PAUSED" or self._host_is_taken(db, agent, now):
            return []
        # Runs that were handed out before come first, then those that a client chose.
        waiting = db.execute(
            "SELECT * FROM run WHERE sweep_id = ? AND (state = 'preempted' OR (state = 'pending' AND"
            " agent_id IS NULL)) ORDER BY assigned_at IS NULL, id LIMIT 1",
            (sweep["id"],),
        ).fetchone()
        if waiting is not None and waiting["assigned_at"] is not None:
            return [self._assign(db, waiting, agent, now)]
        spec = spec_of(sweep["config"])
        if self._cap_reached(db, sweep, spec):
            return self._no_more(db, sweep, agent)
        if waiting is not None:
            return [self._assign(db, waiting, agent, now)]
        point = self.suggestions.next_point(db, sweep, spec)
        if isinstance(point, Exhausted):
            return self._no_more(db, sweep, agent)
        if isinstance(point, NotReady):
            return []
        values, suggested = point
        update_sweep(db, sweep["id"], suggested=suggested)
        config = {name: {"value": value} for name, value in spec.run_config(values).items()}
        run = create_run(
            db,
            sweep["project_id"],
            sweep_id=sweep["id"],
            display_name=f"sweep-run-{suggested}",
            state="pending",
            point=json.dumps(values),
            config=json.dumps(config),
            program=spec.program,
        )
        return [self._assign(db, run, agent, now)]

    def _host_is_taken(self, db: sqlite3.Connection, agent: sqlite3.Row, now: float) -> bool:
        away_until = max(self.resumed_at, self.suggestions.database.failed_at)
        return host_is_taken(db, agent, now, self.settings.crash_after, away_until)

    def _assign(self, db: sqlite3.Connection, run: sqlite3.Row, agent: sqlite3.Row, now: float) -> Command:
        """Hand a run to an agent, for the first time or again."""
        resumed = run["state"] == "preempted" or run["history_lines"] > 0
        clear_stop(db, run["id"])
        update_run(
            db,
            run["id"],
            agent_id=agent["id"],
            host=agent["host"],
            state="pending",
            assigned_at=now,
            assigned_by=self.boot,
            assignments=1 if resumed else run["assignments"] + 1,
            agent_saw_it=0,
            started_at=None,
            finished_at=None,
            exit_code=None,
        )
        self.suggestions.refresh_after_commit(run["sweep_id"])
        sweep = sweep_by_id(db, run["sweep_id"])
        assert sweep is not None
        spec = spec_of(sweep["config"])
        config = spec.run_config(json.loads(run["point"])) if run["point"] else plain_config(run)
        return {
            "type": "resume" if resumed else "run",
            "run_id": run["name"],
            "program": spec.program or "",
            "args": {name: {"value": value} for name, value in config.items()},
        }

    def _cap_reached(self, db: sqlite3.Connection, sweep: sqlite3.Row, spec: SweepSpec) -> bool:
        if spec.run_cap is None:
            return False
        count = db.execute(
            "SELECT COUNT(*) FROM run WHERE sweep_id = ? AND NOT (state = 'pending' AND assigned_at IS NULL)",
            (sweep["id"],),
        ).fetchone()[0]
        return bool(count >= spec.run_cap)

    def _no_more(self, db: sqlite3.Connection, sweep: sqlite3.Row, agent: sqlite3.Row) -> list[Command]:
        """Send an agent home when nothing is left, except while a run may still come back."""
        requeues = spec_of(sweep["config"]).requeue_crashed
        runs = db.execute("SELECT state, requeues FROM run WHERE sweep_id = ?", (sweep["id"],)).fetchall()
        states = {state for state, _ in runs}
        may_crash = any(state in LIVE and done < requeues for state, done in runs)
        if may_crash or states & {"preempting", "preempted"}:
            return []
        if not any(state in LIVE for state in states):
            update_sweep(db, sweep["id"], state="FINISHED", state_reason="every run is done")
        return self._send_home(db, agent)

    def _send_home(self, db: sqlite3.Connection, agent: sqlite3.Row) -> list[Command]:
        db.execute("UPDATE agent SET state = 'FINISHED' WHERE id = ?", (agent["id"],))
        return [{"type": "exit"}]

    def set_state(self, db: sqlite3.Connection, sweep: sqlite3.Row, state: str) -> None:
        """Change a sweep's state as a person asks for it."""
        update_sweep(db, sweep["id"], state=state, state_reason=f"set to {state.lower()} by a client")
        if state == "CANCELED":
            cancel_runs(db, sweep["id"], "the sweep was cancelled")

    def process_ended(self, db: sqlite3.Connection, run_id: int, exit_code: int | None) -> None:
        """Close a run whose process is gone, or queue it again if it crashed and its sweep says so."""
        run = run_by_id(db, run_id)
        assert run is not None
        state = end_run(db, run, exit_code, time.time())
        if run["sweep_id"] is None:
            return
        sweep = sweep_by_id(db, run["sweep_id"])
        assert sweep is not None
        if state == "crashed" and run["requeues"] < spec_of(sweep["config"]).requeue_crashed:
            update_run(db, run_id, state="preempted", requeues=run["requeues"] + 1)
        self.suggestions.refresh_after_commit(run["sweep_id"])

    def agents_left(self, db: sqlite3.Connection, sweep: sqlite3.Row) -> None:
        """Say of a sweep without agents that it is over, or that it waits for one."""
        spec = spec_of(sweep["config"])
        waiting = db.execute(
            "SELECT COUNT(*) FROM run WHERE sweep_id = ? AND assigned_at IS NOT NULL"
            " AND state IN ('pending', 'preempting', 'preempted')",
            (sweep["id"],),
        ).fetchone()[0]
        exhausted = spec.method == "grid" and isinstance(
            self.suggestions.next_point(db, sweep, spec), Exhausted
        )
        if not waiting and (exhausted or self._cap_reached(db, sweep, spec)):
            update_sweep(db, sweep["id"], state="FINISHED", state_reason="every run is done")
        else:
            update_sweep(db, sweep["id"], state="PENDING", state_reason="it has no agent; start one to go on")
