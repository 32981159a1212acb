"""The mutations that create, change, stop and delete runs and their files."""

import json
import sqlite3
import time
from typing import Any
from urllib.parse import quote

from server.graphql.context import Context, row_id
from server.graphql.execute import Arguments, QueryError, Resolver, input_of
from server.graphql.nodes.owner import Node
from server.graphql.nodes.run import SUMMARY_PREFIX, run_node, run_url
from server.storage.records.artifacts import delete_artifact, run_artifacts
from server.storage.records.files import FileNameError, checked_name, delete_files
from server.storage.records.projects import ensure_project
from server.storage.records.runs import (
    ENDED,
    LIVE,
    clear_stop,
    create_run,
    delete_run,
    find_run_at,
    request_stop,
    run_by_id,
    update_run,
)
from server.storage.records.sweeps import find_sweep

# The column for each field of a run that clients set.
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


def _upsert_bucket(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> tuple[sqlite3.Row, bool]:
        run = _existing_run(context, db, inputs)
        inserted = run is None
        if run is None:
            run = _new_run(context, db, inputs)
        elif not inputs.get("id"):
            _record_client(db, run)
        columns = {column: inputs[key] for key, column in _RUN_COLUMNS.items() if inputs.get(key) is not None}
        if inputs.get("tags") is not None:
            columns["tags"] = json.dumps(inputs["tags"])
        if inputs.get("summaryMetrics") is not None:
            columns["summary"] = json.dumps(_client_summary(json.loads(inputs["summaryMetrics"])))
        update_run(db, run["id"], **columns)
        updated = run_by_id(db, run["id"])
        assert updated is not None
        return updated, inserted

    run, inserted = context.service.database.write(work)
    return {"bucket": run_node(context, run), "inserted": inserted}


def _client_summary(summary: dict[str, Any]) -> dict[str, Any]:
    """Summary without the entries that the server added."""
    return {key: value for key, value in summary.items() if not key.startswith(SUMMARY_PREFIX)}


def _existing_run(context: Context, db: sqlite3.Connection, inputs: dict[str, Any]) -> sqlite3.Row | None:
    if inputs.get("id"):
        return _run_row(db, inputs["id"])
    if not inputs.get("name"):
        return None
    entity = context.entity(inputs.get("entityName"))
    return find_run_at(db, entity, inputs.get("modelName") or "uncategorized", inputs["name"])


def _new_run(context: Context, db: sqlite3.Connection, inputs: dict[str, Any]) -> sqlite3.Row:
    entity = context.entity(inputs.get("entityName"))
    project = ensure_project(db, entity, inputs.get("modelName") or "uncategorized")
    sweep = find_sweep(db, inputs["sweep"]) if inputs.get("sweep") else None
    state = inputs.get("state") or "running"
    return create_run(
        db,
        project["id"],
        inputs.get("name"),
        display_name=inputs.get("displayName") or inputs.get("name"),
        sweep_id=None if sweep is None else sweep["id"],
        state=state,
        started_at=None if state == "pending" else time.time(),
        heartbeat_at=time.time(),
    )


def _record_client(db: sqlite3.Connection, run: sqlite3.Row) -> None:
    """Record a request of a run's client: it starts or resumes the run, or only sends its config again."""
    now = time.time()
    columns: dict[str, Any] = {"heartbeat_at": now}
    if run["started_at"] is None:
        columns["started_at"] = now
    if run["state"] in ("pending", "preempted", *ENDED):
        columns |= {"state": "running", "finished_at": None, "exit_code": None}
    update_run(db, run["id"], **columns)


def _create_run_files(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)
    entity = context.entity(inputs.get("entityName"))
    project_name = str(inputs.get("projectName"))
    with context.read() as db:
        run = find_run_at(db, entity, project_name, str(inputs.get("runName")))
    if run is None:
        raise QueryError(f"no run {inputs.get('runName')}")
    base = run_url(context, {"entityName": entity, "name": project_name}, run["name"])
    try:
        names = [checked_name(name) for name in inputs.get("files") or []]
    except FileNameError as error:
        raise QueryError(str(error)) from error
    return {
        "runID": f"Run:{run['id']}",
        "uploadHeaders": context.upload_headers(),
        "files": [{"name": name, "uploadUrl": f"{base}/{quote(name)}"} for name in names],
    }


def _stop_run(context: Context, arguments: Arguments) -> Node:
    identifier = input_of(arguments).get("id")

    def work(db: sqlite3.Connection) -> None:
        run = _run_row(db, identifier)
        if run["state"] in LIVE:
            request_stop(db, run["id"], "user", "stopped by a client")

    context.service.database.write(work)
    return {"success": True}


def _run_row(db: sqlite3.Connection, identifier: Any) -> sqlite3.Row:
    run = run_by_id(db, row_id("Run", identifier))
    if run is None:
        raise QueryError(f"no run {identifier}")
    return run


def _update_run_state(context: Context, arguments: Arguments) -> Node:
    """Set a failed, crashed, preempted or running run to pending, or a pending or running one to failed."""
    inputs = input_of(arguments)
    new_state = str(inputs.get("state")).lower()
    allowed = {"pending": ("running", "failed", "crashed", "preempted"), "failed": ("pending", "running")}

    def work(db: sqlite3.Connection) -> None:
        run = _run_row(db, inputs.get("id"))
        if run["state"] not in allowed.get(new_state, ()):
            raise QueryError(f"a run that is {run['state']} cannot be set to {new_state}")
        if new_state == "pending":
            clear_stop(db, run["id"])
            update_run(db, run["id"], state="pending", agent_id=None, started_at=None, finished_at=None)
        else:
            update_run(db, run["id"], state="failed", finished_at=time.time())
        if run["sweep_id"] is not None:
            context.service.suggestions.refresh_after_commit(run["sweep_id"])

    context.service.database.write(work)
    return {"success": True}


def _delete_run(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)

    def work(db: sqlite3.Connection) -> None:
        run = _run_row(db, inputs.get("id"))
        if inputs.get("deleteArtifacts"):
            for artifact in run_artifacts(db, run["id"]):
                delete_artifact(db, artifact)
        delete_run(db, run["id"])
        if run["sweep_id"] is not None:
            context.service.suggestions.refresh_after_commit(run["sweep_id"])

    context.service.database.write(work)
    context.service.remove_freed_files()
    return {"clientMutationId": inputs.get("clientMutationId"), "success": True}


def _delete_files(context: Context, arguments: Arguments) -> Node:
    file_ids = [row_id("File", identifier) for identifier in input_of(arguments).get("files") or []]

    context.service.database.write(lambda db: delete_files(db, file_ids))
    context.service.remove_freed_files()
    return {"success": True}


def _acknowledge(_: Context, __: Arguments) -> Node:
    return {"success": True}


RUN_MUTATIONS: dict[str, Resolver] = {
    "upsertBucket": _upsert_bucket,
    "createRunFiles": _create_run_files,
    "stopRun": _stop_run,
    "updateRunState": _update_run_state,
    "deleteRun": _delete_run,
    "deleteFiles": _delete_files,
    "markRunFilesUploaded": _acknowledge,
    "notifyScriptableRunAlert": _acknowledge,
}
