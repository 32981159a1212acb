"""The mutations that change runs and their files."""

import json
import sqlite3
import time
from typing import Any
from urllib.parse import quote

from server.control.stopping import clear_stop, request_stop
from server.graphql.context import Context, row_id
from server.graphql.execute import Arguments, QueryError, Resolver, input_of
from server.graphql.nodes.owner import Node
from server.graphql.nodes.run import SUMMARY_PREFIX, run_node, run_url
from server.http.auth import basic_credentials
from server.storage.artifacts import delete_artifact
from server.storage.files import FileNameError, checked_name, run_files
from server.storage.projects import ensure_project, find_project
from server.storage.removals import note_removal
from server.storage.runs import LIVE, OVER, create_run, find_run, run_by_id, update_run
from server.storage.sweeps import find_sweep

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


def _upsert_bucket(context: Context, arguments: Arguments) -> Node:
    given = input_of(arguments)

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
    given = input_of(arguments)
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
    run_id = row_id("Run", input_of(arguments).get("id"))

    def work(db: sqlite3.Connection) -> None:
        run = run_by_id(db, run_id)
        if run is None:
            raise QueryError("no such run")
        if run["state"] in LIVE:
            request_stop(db, run_id, "user", "asked for by a client")

    context.service.database.write(work)
    return {"success": True}


def _found_run(db: sqlite3.Connection, identifier: Any) -> sqlite3.Row:
    run = run_by_id(db, row_id("Run", identifier))
    if run is None:
        raise QueryError("no such run")
    return run


def _update_run_state(context: Context, arguments: Arguments) -> Node:
    """Requeue a run that is over or lost, or give up one that waits or is lost."""
    given = input_of(arguments)
    wanted = str(given.get("state")).lower()
    allowed = {"pending": ("running", "failed", "crashed", "preempted"), "failed": ("pending", "running")}

    def work(db: sqlite3.Connection) -> None:
        run = _found_run(db, given.get("id"))
        if run["state"] not in allowed.get(wanted, ()):
            raise QueryError(f"a run that is {run['state']} cannot be set to {wanted}")
        if wanted == "pending":
            clear_stop(db, run["id"])
            update_run(db, run["id"], state="pending", agent_id=None, started_at=None, finished_at=None)
        else:
            update_run(db, run["id"], state="failed", finished_at=time.time())
        if run["sweep_id"] is not None:
            context.service.suggestions.refresh_after_commit(run["sweep_id"])

    context.service.database.write(work)
    return {"success": True}


def _delete_run(context: Context, arguments: Arguments) -> Node:
    given = input_of(arguments)

    def work(db: sqlite3.Connection) -> None:
        run = _found_run(db, given.get("id"))
        note_removal(db, [file["blob"] for file in run_files(db, run["id"])])
        if given.get("deleteArtifacts"):
            for artifact in db.execute("SELECT * FROM artifact WHERE run_id = ?", (run["id"],)).fetchall():
                delete_artifact(db, artifact)
        db.execute("DELETE FROM run WHERE id = ?", (run["id"],))
        if run["sweep_id"] is not None:
            context.service.suggestions.refresh_after_commit(run["sweep_id"])

    context.service.database.write(work)
    context.service.remove_freed_files()
    return {"clientMutationId": given.get("clientMutationId"), "success": True}


def _delete_files(context: Context, arguments: Arguments) -> Node:
    numbers = [row_id("File", identifier) for identifier in input_of(arguments).get("files") or []]

    def work(db: sqlite3.Connection) -> None:
        marks = ", ".join("?" * len(numbers))
        found = db.execute(f"DELETE FROM file WHERE id IN ({marks}) RETURNING blob", numbers).fetchall()
        note_removal(db, [blob for (blob,) in found])

    context.service.database.write(work)
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
