"""The root fields of mutations: each makes one durable change and answers with what it changed."""

import json
import sqlite3
import time
from typing import Any
from urllib.parse import quote

import yaml

from server.auth import basic_credentials
from server.files import FileNameError, checked_name
from server.graphql.context import Context, row_id
from server.graphql.execute import Arguments, QueryError, Resolver
from server.graphql.run_node import SUMMARY_PREFIX, Node, run_node, run_url
from server.graphql.sweep_node import agent_node, project_node, sweep_node
from server.search.space import SweepConfigError, SweepSpec, parse_sweep_config
from server.stopping import request_stop
from server.storage.agents import create_agent, find_agent
from server.storage.history import index_metric
from server.storage.projects import ensure_project, find_project, project_by_id
from server.storage.runs import LIVE, OVER, create_run, find_run, run_by_id, update_run
from server.storage.sweeps import create_sweep, find_sweep, sweep_by_id, update_sweep

# Where the client's names for what it sets about a run are kept.
_RUN_COLUMNS = {
    "groupName": "group_name",
    "description": "description",
    "displayName": "display_name",
    "notes": "notes",
    "commit": "git_commit",
    "host": "host",
    "jobProgram": "program",
    "jobRepo": "repository",
    "jobType": "job_type",
    "config": "config",
}


def _input(arguments: Arguments) -> dict[str, Any]:
    given = arguments.get("input")
    if not isinstance(given, dict):
        raise QueryError("input is missing")
    return given


def _upsert_sweep(context: Context, arguments: Arguments) -> Node:
    given = _input(arguments)
    config, spec = _sweep_config(given.get("config"))

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        if given.get("id"):
            sweep = sweep_by_id(db, row_id("Sweep", given["id"]))
            if sweep is None:
                raise QueryError("no such sweep")
            if config is not None:
                _replace_config(db, sweep, config, spec)
        else:
            sweep = _new_sweep(context, db, given, config, spec)
        if given.get("state"):
            context.service.scheduler.set_state(db, sweep, str(given["state"]).upper())
        for key, column in (("displayName", "display_name"), ("description", "description")):
            if given.get(key):
                update_sweep(db, sweep["id"], **{column: given[key]})
        fresh = sweep_by_id(db, sweep["id"])
        assert fresh is not None
        return fresh

    sweep = context.service.database.write(work)
    context.service.suggestions.refresh(sweep["id"])
    return {
        "sweep": sweep_node(context, sweep),
        "configValidationWarnings": list(spec.warnings) if spec else [],
    }


def _sweep_config(text: str | None) -> tuple[str | None, SweepSpec | None]:
    """Return a sweep's YAML with its parsed form, both None where the client sent none."""
    if text is None:
        return None, None
    try:
        parsed = yaml.safe_load(text)
        # `--update` and state changes of old clients send an empty configuration.
        return (text, parse_sweep_config(parsed)) if parsed else (None, None)
    except (yaml.YAMLError, SweepConfigError) as error:
        raise QueryError(f"Invalid sweep config: {error}") from error


def _new_sweep(
    context: Context,
    db: sqlite3.Connection,
    given: dict[str, Any],
    config: str | None,
    spec: SweepSpec | None,
) -> sqlite3.Row:
    if config is None or spec is None:
        raise QueryError("Invalid sweep config: it is empty")
    entity = context.entity(given.get("entityName"))
    project = ensure_project(db, entity, given.get("projectName") or "uncategorized")
    sweep = create_sweep(
        db,
        project["id"],
        config,
        controller=given.get("controller"),
        scheduler=given.get("scheduler") or given.get("launchScheduler"),
    )
    for condition in json.loads(given.get("priorRunsFilters") or "{}").get("$or", []):
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
        for (run_id,) in db.execute("SELECT id FROM run WHERE sweep_id = ?", (sweep["id"],)).fetchall():
            index_metric(db, run_id, spec.metric.name)


def _create_agent(context: Context, arguments: Arguments) -> Node:
    given = _input(arguments)

    def work(db: sqlite3.Connection) -> sqlite3.Row:
        sweep = find_sweep(db, str(given.get("sweep")))
        if sweep is None:
            raise QueryError(f"no sweep {given.get('sweep')}")
        return create_agent(db, sweep["id"], str(given.get("host") or "unknown"))

    return {"agent": agent_node(context, context.service.database.write(work))}


def _agent_heartbeat(context: Context, arguments: Arguments) -> Node:
    given = _input(arguments)
    name = str(given.get("id")).removeprefix("Agent:")
    alive = json.loads(given.get("runState") or "{}")
    scheduler = context.service.scheduler

    def work(db: sqlite3.Connection) -> tuple[sqlite3.Row | None, list[dict[str, Any]]]:
        commands = scheduler.heartbeat(db, name, alive)
        return find_agent(db, name), commands

    agent, commands = context.service.database.write(work)
    assert agent is not None
    return {"agent": agent_node(context, agent), "commands": json.dumps(commands)}


def _upsert_bucket(context: Context, arguments: Arguments) -> Node:
    given = _input(arguments)

    def work(db: sqlite3.Connection) -> tuple[sqlite3.Row, bool]:
        run = _existing_run(context, db, given)
        inserted = run is None
        if run is None:
            run = _new_run(context, db, given)
        elif not given.get("id"):
            _client_speaks(db, run)
        columns = {column: given[key] for key, column in _RUN_COLUMNS.items() if given.get(key) is not None}
        if given.get("tags") is not None:
            columns["tags"] = json.dumps(given["tags"])
        if given.get("summaryMetrics") is not None:
            columns["summary"] = json.dumps(_own_summary(json.loads(given["summaryMetrics"])))
        update_run(db, run["id"], **columns)
        fresh = run_by_id(db, run["id"])
        assert fresh is not None
        return fresh, inserted

    run, inserted = context.service.database.write(work)
    return {"bucket": run_node(context, run), "inserted": inserted}


def _own_summary(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if not key.startswith(SUMMARY_PREFIX)}


def _existing_run(context: Context, db: sqlite3.Connection, given: dict[str, Any]) -> sqlite3.Row | None:
    if given.get("id"):
        run = run_by_id(db, row_id("Run", given["id"]))
        if run is None:
            raise QueryError(f"no run {given['id']}")
        return run
    project = find_project(
        db, context.entity(given.get("entityName")), given.get("modelName") or "uncategorized"
    )
    if project is None or not given.get("name"):
        return None
    return find_run(db, project["id"], given["name"])


def _new_run(context: Context, db: sqlite3.Connection, given: dict[str, Any]) -> sqlite3.Row:
    entity = context.entity(given.get("entityName"))
    project = ensure_project(db, entity, given.get("modelName") or "uncategorized")
    sweep = find_sweep(db, given["sweep"]) if given.get("sweep") else None
    state = given.get("state") or "running"
    return create_run(
        db,
        project["id"],
        given.get("name"),
        display_name=given.get("displayName") or given.get("name"),
        sweep_id=None if sweep is None else sweep["id"],
        state=state,
        started_at=None if state == "pending" else time.time(),
        heartbeat_at=time.time(),
    )


def _client_speaks(db: sqlite3.Connection, run: sqlite3.Row) -> None:
    """Note that a run's client is there: it starts or resumes, or merely sends its config again."""
    now = time.time()
    columns: dict[str, Any] = {"heartbeat_at": now}
    if run["started_at"] is None:
        columns["started_at"] = now
    if run["state"] in ("pending", "preempted", *OVER):
        columns |= {"state": "running", "finished_at": None, "exit_code": None}
    update_run(db, run["id"], **columns)


def _create_run_files(context: Context, arguments: Arguments) -> Node:
    given = _input(arguments)
    entity = context.entity(given.get("entityName"))
    with context.read() as db:
        project = find_project(db, entity, str(given.get("projectName")))
        run = None if project is None else find_run(db, project["id"], str(given.get("runName")))
    if project is None or run is None:
        raise QueryError(f"no run {given.get('runName')}")
    base = run_url(context, {"entityName": entity, "name": project["name"]}, run["name"])
    try:
        names = [checked_name(name) for name in given.get("files") or []]
    except FileNameError as error:
        raise QueryError(str(error)) from error
    return {
        "runID": f"Run:{run['id']}",
        "uploadHeaders": [f"Authorization:{basic_credentials(context.service.key)}"],
        "files": [{"name": name, "uploadUrl": f"{base}/{quote(name)}"} for name in names],
    }


def _stop_run(context: Context, arguments: Arguments) -> Node:
    run_id = row_id("Run", _input(arguments).get("id"))

    def work(db: sqlite3.Connection) -> None:
        run = run_by_id(db, run_id)
        if run is None:
            raise QueryError("no such run")
        if run["state"] in LIVE:
            request_stop(db, run_id, "user", "asked for by a client")

    context.service.database.write(work)
    return {"success": True}


def _upsert_model(context: Context, arguments: Arguments) -> Node:
    given = _input(arguments)
    entity = context.entity(given.get("entityName") or given.get("entity_name"))
    name = str(given.get("name"))
    with context.read() as db:
        inserted = find_project(db, entity, name) is None
    project = context.service.database.write(lambda db: ensure_project(db, entity, name))
    with context.read() as db:
        node = project_node(context, project_by_id(db, project["id"]))
    return {"project": node, "model": node, "inserted": inserted}


def _acknowledge(_: Context, __: Arguments) -> Node:
    return {"success": True}


MUTATIONS: dict[str, Resolver] = {
    "upsertSweep": _upsert_sweep,
    "createAgent": _create_agent,
    "agentHeartbeat": _agent_heartbeat,
    "upsertBucket": _upsert_bucket,
    "createRunFiles": _create_run_files,
    "stopRun": _stop_run,
    "upsertModel": _upsert_model,
    "markRunFilesUploaded": _acknowledge,
    "notifyScriptableRunAlert": _acknowledge,
}
