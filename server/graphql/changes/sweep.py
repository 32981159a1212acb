"""The mutations that create and change sweeps, and those that agents send."""

import json
import sqlite3
import time
from typing import Any

import yaml

from server.graphql.context import Context, row_id
from server.graphql.execute import Arguments, QueryError, Resolver, input_of
from server.graphql.nodes.agent import agent_node
from server.graphql.nodes.owner import Node
from server.graphql.nodes.sweep import sweep_node
from server.search.space import SweepConfigError, SweepSpec, parse_sweep_config
from server.storage.records.agents import create_agent, find_agent
from server.storage.records.metrics import index_metric, index_sweep_metric
from server.storage.records.projects import ensure_project
from server.storage.records.runs import create_run, find_run, update_run
from server.storage.records.sweeps import create_sweep, find_sweep, sweep_by_id, update_sweep


def _upsert_sweep(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)
    config, spec = _sweep_config(inputs.get("config"))

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        if inputs.get("id"):
            sweep = sweep_by_id(db, row_id("Sweep", inputs["id"]))
            if sweep is None:
                raise QueryError("no such sweep")
            if config is not None:
                _replace_config(db, sweep, config, spec)
        else:
            sweep = _new_sweep(context, db, inputs, config, spec)
        if inputs.get("state"):
            context.service.scheduler.set_state(db, sweep, str(inputs["state"]).upper())
        for key, column in (("displayName", "display_name"), ("description", "description")):
            if inputs.get(key):
                update_sweep(db, sweep["id"], **{column: inputs[key]})
        updated = sweep_by_id(db, sweep["id"])
        assert updated is not None
        return updated

    sweep = context.service.database.write(work)
    context.service.suggestions.refresh(sweep["id"])
    return {
        "sweep": sweep_node(context, sweep),
        "configValidationWarnings": list(spec.warnings) if spec else [],
    }


def _sweep_config(text: str | None) -> tuple[str | None, SweepSpec | None]:
    """YAML text of a sweep and its parsed form; both are None if the client sent none."""
    if text is None:
        return None, None
    try:
        parsed = yaml.safe_load(text)
        # Old clients send an empty configuration with `--update` and with state changes.
        return (text, parse_sweep_config(parsed)) if parsed else (None, None)
    except (yaml.YAMLError, SweepConfigError) as error:
        raise QueryError(f"Invalid sweep config: {error}") from error


def _new_sweep(
    context: Context,
    db: sqlite3.Connection,
    inputs: dict[str, Any],
    config: str | None,
    spec: SweepSpec | None,
) -> sqlite3.Row:
    if config is None or spec is None:
        raise QueryError("Invalid sweep config: it is empty")
    entity = context.entity(inputs.get("entityName"))
    project = ensure_project(db, entity, inputs.get("projectName") or "uncategorized")
    sweep = create_sweep(
        db,
        project["id"],
        config,
        controller=inputs.get("controller"),
        scheduler=inputs.get("scheduler") or inputs.get("launchScheduler"),
    )
    for condition in json.loads(inputs.get("priorRunsFilters") or "{}").get("$or", []):
        run = find_run(db, project["id"], condition["name"])
        if run is None:
            raise QueryError(f"no prior run {condition['name']} in {entity}/{project['name']}")
        update_run(db, run["id"], sweep_id=sweep["id"])
        if spec.metric is not None:
            index_metric(db, run["id"], spec.metric.name)
    return sweep


def _replace_config(db: sqlite3.Connection, sweep: sqlite3.Row, config: str, spec: SweepSpec | None) -> None:
    update_sweep(db, sweep["id"], config=config)
    if spec is not None and spec.metric is not None:
        index_sweep_metric(db, sweep["id"], spec.metric.name)


def _create_agent(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        sweep = find_sweep(db, str(inputs.get("sweep")))
        if sweep is None:
            raise QueryError(f"no sweep {inputs.get('sweep')}")
        return create_agent(db, sweep["id"], str(inputs.get("host") or "unknown"))

    return {"agent": agent_node(context, context.service.database.write(work))}


def _agent_heartbeat(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)
    name = str(inputs.get("id")).removeprefix("Agent:")
    alive = json.loads(inputs.get("runState") or "{}")
    scheduler = context.service.scheduler

    def work(db: sqlite3.Connection) -> tuple[sqlite3.Row | None, list[dict[str, Any]]]:
        commands = scheduler.heartbeat(db, name, alive)
        return find_agent(db, name), commands

    agent, commands = context.service.database.write(work, urgent=True)
    assert agent is not None
    return {"agent": agent_node(context, agent), "commands": json.dumps(commands)}


def _enqueue_run(context: Context, arguments: Arguments) -> Node:
    """Queue a run with a client's configuration; it is assigned before the next point of the search."""
    inputs = input_of(arguments)
    config = json.loads(inputs.get("config") or "{}")
    if not isinstance(config, dict):
        raise QueryError("config must be a JSON object")

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        sweep = sweep_by_id(db, row_id("Sweep", inputs.get("id")))
        if sweep is None:
            raise QueryError("no such sweep")
        if sweep["state"] in ("FINISHED", "CANCELED"):
            raise QueryError(f"the sweep is {sweep['state'].lower()}")
        wrapped = {
            name: value if isinstance(value, dict) and "value" in value else {"value": value}
            for name, value in config.items()
        }
        return create_run(
            db,
            sweep["project_id"],
            sweep_id=sweep["id"],
            display_name=inputs.get("displayName") or f"chosen-run-{time.strftime('%H%M%S')}",
            state="pending",
            config=json.dumps(wrapped),
        )

    run = context.service.database.write(work)
    return {"id": run["name"], "runQueueItemId": None}


SWEEP_MUTATIONS: dict[str, Resolver] = {
    "upsertSweep": _upsert_sweep,
    "createAgent": _create_agent,
    "agentHeartbeat": _agent_heartbeat,
    "enqueueSweepRun": _enqueue_run,
}
