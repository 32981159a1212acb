"""The scheduler: answers the heartbeats of agents with commands to run, resume, stop or exit."""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.control.orphans import host_is_taken
from server.control.stopping import cancel_runs
from server.control.suggestions import Exhausted, NotReady, Suggestions
from server.search.space import SweepSpec, spec_of
from server.settings import ServerSettings
from server.storage.records.agents import agent_runs, find_agent, update_agent
from server.storage.records.runs import (
    LIVE,
    clear_stop,
    count_assigned_runs,
    count_interrupted_runs,
    create_run,
    end_run,
    next_waiting_run,
    plain_config,
    run_by_id,
    states_and_requeues,
    update_run,
)
from server.storage.records.sweeps import sweep_by_id, update_sweep

Command = dict[str, Any]

RETRY_WITHIN = 4.0
"""A heartbeat within this many seconds of an answer is a retry; normally agents send one every 5 s."""
NORMAL_PAUSE = 45.0
"""If the next heartbeat comes later than this many seconds after an answer, the answer may have been lost."""
MAX_ASSIGNMENTS = 3
"""A run that was assigned this many times, but never reported by an agent, has failed."""


class AgentGoneError(LookupError):
    """The agent or its sweep does not exist (any more)."""


@dataclass(frozen=True)
class Scheduler:
    """Assigns runs to agents. All methods run inside the writer's transaction.

    Attributes:
        settings: The server's time limits.
        suggestions: The source of new points.
        boot: Random identifier of this server process, to detect answers that were lost in a restart.
        resumed_at: Start of this server process, if runs were live at that time; else 0.
    """

    settings: ServerSettings
    suggestions: Suggestions
    boot: str
    resumed_at: float = 0.0

    def heartbeat(self, db: sqlite3.Connection, agent_name: str, alive: Mapping[str, bool]) -> list[Command]:
        """Record which runs of an agent have a process, and return the commands for the agent.

        Args:
            db: The writer's connection.
            agent_name: The agent's name.
            alive: Has the names of the runs whose process the agent reports as its keys.

        Raises:
            AgentGoneError: If the agent or its sweep does not exist.
        """
        now = time.time()
        agent = find_agent(db, agent_name)
        sweep = None if agent is None else sweep_by_id(db, agent["sweep_id"])
        if agent is None or sweep is None:
            raise AgentGoneError(agent_name)
        update_agent(db, agent["id"], heartbeat_at=now, state="RUNNING")
        commands: list[Command] = []
        for run in agent_runs(db, agent["id"]):
            if run["name"] in alive:
                update_run(db, run["id"], agent_saw_it=1)
                commands += self._stop_if_asked(run, now)
            elif run["state"] in LIVE:
                self._end_unreported_run(db, run, now)
        if not alive:
            commands += self._next_command(db, sweep, agent, now)
        return commands

    def _stop_if_asked(self, run: sqlite3.Row, now: float) -> list[Command]:
        """Command to kill a run that was asked to stop, if its time to end by itself is over."""
        if run["stop_requested_at"] is None:
            return []
        waited = now - run["stop_requested_at"]
        if run["stop_kind"] == "cancel" or waited >= self.settings.stop_grace:
            return [{"type": "stop", "run_id": run["name"]}]
        return []

    def _end_unreported_run(self, db: sqlite3.Connection, run: sqlite3.Row, now: float) -> None:
        """End a run that its agent does not report, or queue it again if the agent may have missed it."""
        never_started = not run["agent_saw_it"] and run["started_at"] is None
        if never_started and run["stop_requested_at"] is None and self._answer_was_lost(run, now):
            update_run(db, run["id"], agent_id=None)
            return
        self.process_ended(db, run["id"], None)

    def _answer_was_lost(self, run: sqlite3.Row, now: float) -> bool:
        """Whether the answer that assigned a run may not have reached the agent."""
        if run["assignments"] >= MAX_ASSIGNMENTS:
            return False
        elapsed = now - run["assigned_at"]
        return bool(elapsed < RETRY_WITHIN or elapsed > NORMAL_PAUSE or run["assigned_by"] != self.boot)

    def _next_command(
        self, db: sqlite3.Connection, sweep: sqlite3.Row, agent: sqlite3.Row, now: float
    ) -> list[Command]:
        """Command for an idle agent: to start its next run, or to exit, or none for now."""
        if sweep["state"] == "PENDING":
            update_sweep(db, sweep["id"], state="RUNNING", state_reason=None)
        if sweep["state"] in ("CANCELED", "FINISHED"):
            return self._exit(db, agent)
        if sweep["state"] == "PAUSED" or self._host_is_taken(db, agent, now):
            return []
        waiting = next_waiting_run(db, sweep["id"])
        if waiting is not None and waiting["assigned_at"] is not None:
            return [self._assign(db, waiting, agent, now)]
        spec = spec_of(sweep["config"])
        if self._cap_reached(db, sweep, spec):
            return self._exit_or_wait(db, sweep, agent)
        if waiting is not None:
            return [self._assign(db, waiting, agent, now)]
        point = self.suggestions.next_point(db, sweep, spec)
        if isinstance(point, Exhausted):
            return self._exit_or_wait(db, sweep, agent)
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
        unreachable_until = max(self.resumed_at, self.suggestions.database.failed_at)
        return host_is_taken(db, agent, now, self.settings.crash_after, unreachable_until)

    def _assign(self, db: sqlite3.Connection, run: sqlite3.Row, agent: sqlite3.Row, now: float) -> Command:
        """Assign a run to an agent, for the first time or again, and return the command that starts it."""
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
        return count_assigned_runs(db, sweep["id"]) >= spec.run_cap

    def _exit_or_wait(self, db: sqlite3.Connection, sweep: sqlite3.Row, agent: sqlite3.Row) -> list[Command]:
        """Command to exit, for an agent without a next run; none if a run may still be requeued."""
        requeues = spec_of(sweep["config"]).requeue_crashed
        runs = states_and_requeues(db, sweep["id"])
        states = {state for state, _ in runs}
        may_be_requeued = any(state in LIVE and count < requeues for state, count in runs)
        if may_be_requeued or states & {"preempting", "preempted"}:
            return []
        if not any(state in LIVE for state in states):
            update_sweep(db, sweep["id"], state="FINISHED", state_reason="all runs have ended")
        return self._exit(db, agent)

    def _exit(self, db: sqlite3.Connection, agent: sqlite3.Row) -> list[Command]:
        update_agent(db, agent["id"], state="FINISHED")
        return [{"type": "exit"}]

    def set_state(self, db: sqlite3.Connection, sweep: sqlite3.Row, state: str) -> None:
        """Set a sweep's state at the request of a client; if it is cancelled, its runs are asked to stop."""
        update_sweep(db, sweep["id"], state=state, state_reason=f"set to {state.lower()} by a client")
        if state == "CANCELED":
            cancel_runs(db, sweep["id"], "the sweep was cancelled")

    def process_ended(self, db: sqlite3.Connection, run_id: int, exit_code: int | None) -> None:
        """Set the final state of a run whose process has ended, or queue it again (`requeue_crashed`)."""
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

    def all_agents_left(self, db: sqlite3.Connection, sweep: sqlite3.Row) -> None:
        """Set a sweep without running agents to FINISHED, or to PENDING if it is not complete."""
        spec = spec_of(sweep["config"])
        exhausted = spec.method == "grid" and isinstance(
            self.suggestions.next_point(db, sweep, spec), Exhausted
        )
        if not count_interrupted_runs(db, sweep["id"]) and (exhausted or self._cap_reached(db, sweep, spec)):
            update_sweep(db, sweep["id"], state="FINISHED", state_reason="all runs have ended")
        else:
            reason = "no agent is running; start one to continue"
            update_sweep(db, sweep["id"], state="PENDING", state_reason=reason)
