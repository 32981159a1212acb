"""The file stream of a running client: history, system metrics, summary, console lines, and the exit code.

All lines are numbered, so that a repeated request changes nothing.
"""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.control.scheduler import Scheduler
from server.control.stopping import apply_stopping_rules
from server.http.bodies import BadRequestError, json_body, parse_in_thread
from server.search.space import spec_of
from server.service import Service
from server.storage.records.history import Row, append_history
from server.storage.records.lines import append_lines
from server.storage.records.runs import find_run_at, run_by_id, update_run
from server.storage.records.sweeps import sweep_by_id


@dataclass(frozen=True)
class Chunk:
    """Consecutive lines of one file of the stream.

    Attributes:
        offset: Number of the first line, from 0.
        lines: The lines as the client wrote them.
    """

    offset: int
    lines: list[str]


@dataclass(frozen=True)
class StreamRequest:
    """One request of a client's file stream, parsed before the writer thread gets it.

    Attributes:
        history: History rows as JSON text, or None.
        rows: The same rows, parsed.
        events: System metrics as JSON text, or None.
        console: Console lines, or None.
        summary: The whole summary, or None if the request has none.
        preempting: Whether the run reports that it is being preempted.
        exit_code: Exit code of the process, or None if it has not ended.
    """

    history: Chunk | None = None
    rows: list[Row] = field(default_factory=list)
    events: Chunk | None = None
    console: Chunk | None = None
    summary: Row | None = None
    preempting: bool = False
    exit_code: int | None = None


def parse_stream(body: Mapping[str, Any]) -> StreamRequest:
    """Parsed form of the JSON body of a file stream request.

    Raises:
        BadRequestError: If a part has the wrong form.
    """
    files = body.get("files") or {}
    if not isinstance(files, Mapping):
        raise BadRequestError("files must be an object")
    history = _chunk(files, "wandb-history.jsonl")
    events = _chunk(files, "wandb-events.jsonl")
    summary = _chunk(files, "wandb-summary.json")
    exit_code = None
    if body.get("complete"):
        exit_code = int(body.get("exitcode") or 0)
    return StreamRequest(
        history=history,
        rows=[_parsed(line) for line in history.lines] if history else [],
        events=events,
        console=_chunk(files, "output.log"),
        summary=_parsed(summary.lines[-1]) if summary and summary.lines else None,
        preempting=bool(body.get("preempting")),
        exit_code=exit_code,
    )


def _chunk(files: Mapping[str, Any], name: str) -> Chunk | None:
    part = files.get(name)
    if part is None:
        return None
    content, offset = part.get("content"), part.get("offset", 0)
    if not isinstance(content, list) or not isinstance(offset, int) or offset < 0:
        raise BadRequestError(f"{name} must have an offset of at least 0 and a list of lines")
    return Chunk(offset, [str(line) for line in content])


def _parsed(line: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise BadRequestError(f"not JSON: {line[:80]!r}") from error
    if not isinstance(row, dict):
        raise BadRequestError(f"not an object: {line[:80]!r}")
    return row


def store_stream(
    db: sqlite3.Connection,
    scheduler: Scheduler,
    path: tuple[str, str, str],
    request: StreamRequest,
) -> bool:
    """Store a request of the file stream, and return whether the run must stop.

    Args:
        db: The writer's connection.
        scheduler: The scheduler, which handles the end of a run.
        path: Names of the entity, the project and the run.
        request: The parsed request.

    Raises:
        LookupError: If the run does not exist.
    """
    run = find_run_at(db, *path)
    if run is None:
        raise LookupError("/".join(path))
    columns: dict[str, Any] = {"heartbeat_at": time.time()}
    if run["started_at"] is None:
        columns["started_at"] = columns["heartbeat_at"]
    if request.preempting and run["state"] in ("pending", "running"):
        columns["state"] = "preempting"
    elif run["state"] in ("pending", "crashed") and request.exit_code is None:
        # Its client sends requests, so the run is running.
        columns |= {"state": "running", "finished_at": None}
    if request.summary is not None:
        columns["summary"] = json.dumps(request.summary)
    if request.events is not None and request.events.lines:
        columns["event_lines"] = append_lines(
            db, "event", run["id"], request.events.offset, request.events.lines
        )
        columns["system_metrics"] = request.events.lines[-1]
    if request.console is not None and request.console.lines:
        end = append_lines(db, "console_line", run["id"], request.console.offset, request.console.lines)
        columns["log_lines"] = max(end, run["log_lines"])
    update_run(db, run["id"], **columns)
    if request.history is not None:
        _store_history(db, run, request.history, request.rows)
    if request.exit_code is not None:
        scheduler.process_ended(db, run["id"], request.exit_code)
    updated = run_by_id(db, run["id"])
    return updated is not None and updated["stop_requested_at"] is not None


def _store_history(db: sqlite3.Connection, run: sqlite3.Row, history: Chunk, rows: list[Row]) -> None:
    sweep = None if run["sweep_id"] is None else sweep_by_id(db, run["sweep_id"])
    metric = None if sweep is None else spec_of(sweep["config"]).metric
    name = None if metric is None else metric.name
    if append_history(db, run, history.offset, history.lines, rows, name):
        apply_stopping_rules(db, run["sweep_id"])


async def _file_stream(request: Request) -> Response:
    body = await json_body(request)
    service: Service = request.app.state.service
    path = (request.path_params["entity"], request.path_params["project"], request.path_params["run"])
    parsed = await parse_in_thread(parse_stream, body)
    try:
        must_stop = await run_in_threadpool(
            service.database.write, lambda db: store_stream(db, service.scheduler, path, parsed)
        )
    except LookupError:
        return JSONResponse({"error": f"no run {'/'.join(path)}"}, status_code=404)
    return JSONResponse({"stopped": must_stop})


ROUTES = [Route("/files/{entity}/{project}/{run}/file_stream", _file_stream, methods=["POST"])]
