"""The GraphQL fields of projects and sweeps; in one file, since each gives the other."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from server.graphql.connection import connection
from server.graphql.context import Context, timestamp
from server.graphql.execute import QueryError
from server.graphql.filters import RunRecord, matches, ordered
from server.graphql.nodes.agent import agent_node
from server.graphql.nodes.artifact_fields import project_artifact_fields
from server.graphql.nodes.owner import Node, project_reference, user_node
from server.graphql.nodes.run import run_node
from server.search.grid import grid_size
from server.search.space import SweepSpec, spec_of
from server.storage.records.agents import find_agent, sweep_agents
from server.storage.records.projects import project_by_id
from server.storage.records.runs import find_run, project_runs, sweep_runs
from server.storage.records.sweeps import find_sweep, list_sweeps


def project_node(context: Context, project: sqlite3.Row) -> Node:
    """GraphQL project with its runs, sweeps and artifacts."""

    def selected(arguments: Mapping[str, Any]) -> list[RunRecord]:
        query = json.loads(arguments.get("filters") or "{}")
        if not isinstance(query, dict):
            raise QueryError("filters must be a JSON object")
        with context.read() as db:
            rows = project_runs(db, project["id"])
            sweeps = {sweep["id"]: sweep["name"] for sweep in list_sweeps(db, project["id"])}
        records = [RunRecord(row, sweeps.get(row["sweep_id"])) for row in rows]
        return [record for record in records if matches(record, query)]

    def runs(arguments: Mapping[str, Any]) -> Node:
        records = ordered(selected(arguments), arguments.get("order"))
        return connection(records, arguments, lambda record: run_node(context, record.row), "RunConnection")

    def run(arguments: Mapping[str, Any]) -> Node | None:
        with context.read() as db:
            row = find_run(db, project["id"], arguments["name"])
        return None if row is None else run_node(context, row)

    def sweep(arguments: Mapping[str, Any]) -> Node | None:
        with context.read() as db:
            row = find_sweep(db, arguments["sweepName"])
        if row is None or row["project_id"] != project["id"]:
            return None
        return sweep_node(context, row)

    def sweeps(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            rows = list_sweeps(db, project["id"])
        return connection(rows, arguments, lambda row: sweep_node(context, row), "SweepConnection")

    def total_sweeps(_: Any) -> int:
        with context.read() as db:
            return len(list_sweeps(db, project["id"]))

    return {
        **project_reference(project),
        "createdAt": timestamp(project["created_at"]),
        "isBenchmark": False,
        "readOnly": False,
        "user": lambda _: user_node(context),
        "runCount": lambda arguments: len(selected(arguments)),
        "runs": runs,
        "run": run,
        "bucket": run,
        "sweep": sweep,
        "sweeps": sweeps,
        "totalSweeps": total_sweeps,
        **project_artifact_fields(context, project["id"]),
    }


def sweep_node(context: Context, sweep: sqlite3.Row) -> Node:
    """GraphQL sweep with its runs and agents."""
    spec = spec_of(sweep["config"])

    def project(_: Any) -> Node:
        with context.read() as db:
            return project_node(context, project_by_id(db, sweep["project_id"]))

    def rows() -> list[sqlite3.Row]:
        with context.read() as db:
            return sweep_runs(db, sweep["id"])

    def runs(arguments: Mapping[str, Any]) -> Node:
        return connection(rows(), arguments, lambda row: run_node(context, row), "RunConnection")

    def agents(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            agent_rows = sweep_agents(db, sweep["id"])
        return connection(agent_rows, arguments, lambda row: agent_node(context, row), "AgentConnection")

    def agent(arguments: Mapping[str, Any]) -> Node | None:
        name = str(arguments.get("agentName") or "")
        with context.read() as db:
            row = find_agent(db, name.removeprefix("Agent:"))
        return None if row is None or row["sweep_id"] != sweep["id"] else agent_node(context, row)

    return {
        "__typename": "Sweep",
        "id": f"Sweep:{sweep['id']}",
        "name": sweep["name"],
        "displayName": sweep["display_name"] or spec.name,
        "description": sweep["description"],
        "method": spec.method,
        "state": sweep["state"],
        "stateReason": sweep["state_reason"],
        "config": sweep["config"],
        "controller": sweep["controller"],
        "scheduler": sweep["scheduler"],
        # A scheduler on the client's side creates this run and logs its console lines to it.
        "controllerRunName": f"{sweep['name']}-scheduler" if spec.scheduler is not None else None,
        "createdAt": timestamp(sweep["created_at"]),
        "updatedAt": timestamp(sweep["updated_at"]),
        "heartbeatAt": timestamp(sweep["updated_at"]),
        "earlyStopJobRunning": spec.early_terminate is not None,
        "bestLoss": lambda _: _best_value(rows(), spec),
        "runCount": lambda _: len(rows()),
        "runCountExpected": _expected_runs(spec),
        "project": project,
        "runs": runs,
        "agents": agents,
        "agent": agent,
    }


def _best_value(runs: list[sqlite3.Row], spec: SweepSpec) -> float | None:
    values = [run["metric_last"] for run in runs if run["metric_last"] is not None]
    if not values or spec.metric is None:
        return None
    best: float = max(values) if spec.metric.goal == "maximize" else min(values)
    return best


def _expected_runs(spec: SweepSpec) -> int | None:
    size = grid_size(spec) if spec.method == "grid" else None
    limits = [limit for limit in (size, spec.run_cap) if limit is not None]
    return min(limits) if limits else None
