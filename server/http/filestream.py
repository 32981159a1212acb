"""The stream of a running client: metric rows, system metrics, summary, console lines, and the end.

Every part is addressed by line number, so a request that is repeated changes nothing.
"""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.control.scheduler import Scheduler
from server.control.stopping import judge
from server.storage.history import Row, append_history, append_lines
from server.storage.projects import find_project
from server.storage.runs import find_run, run_by_id, update_run
from server.storage.sweeps import spec_of, sweep_by_id


class StreamError(ValueError):
    """A request that is not a file stream; the text says why."""


@dataclass(frozen=True)
class Chunk:
    """Lines of one file from `offset` on."""

    offset: int
    lines: list[str]


@dataclass(frozen=True)
class StreamRequest:
    """One request of a client's file stream, parsed before the database is held.

    Attributes:
        history: Metric rows as text.
        rows: The same rows, parsed.
        events: System metrics.
        console: Console output.
        summary: The whole summary, or None where it did not change.
        preempting: Whether the run says that its machine is about to be taken away.
        exit_code: The process's exit code when the run is complete, else None.
    """

    history: Chunk | None = None
    rows: list[Row] = field(default_factory=list)
    events: Chunk | None = None
    console: Chunk | None = None
    summary: Row | None = None
    preempting: bool = False
    exit_code: int | None = None


def parse_stream(body: Mapping[str, Any]) -> StreamRequest:
    """Parse the JSON body of a file stream request.

    Raises:
        StreamError: If a part does not have the form that clients send.
    """
    files = body.get("files") or {}
    if not isinstance(files, Mapping):
        raise StreamError("files must be an object")
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
        raise StreamError(f"{name} must have an offset and a list of lines")
    return Chunk(offset, [str(line) for line in content])


def _parsed(line: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise StreamError(f"not JSON: {line[:80]!r}") from error
    if not isinstance(row, dict):
        raise StreamError(f"not an object: {line[:80]!r}")
    return row


def take_in(
    db: sqlite3.Connection,
    scheduler: Scheduler,
    path: tuple[str, str, str],
    request: StreamRequest,
) -> bool:
    """Store a stream request and return whether the run should stop.

    Args:
        db: The writer's connection.
        scheduler: Told when a run ends.
        path: Entity, project and run.
        request: What the client sent.

    Raises:
        LookupError: If there is no such run.
    """
    entity, project_name, run_name = path
    project = find_project(db, entity, project_name)
    run = None if project is None else find_run(db, project["id"], run_name)
    if run is None:
        raise LookupError("/".join(path))
    columns: dict[str, Any] = {"heartbeat_at": time.time()}
    if run["started_at"] is None:
        columns["started_at"] = columns["heartbeat_at"]
    if request.preempting and run["state"] in ("pending", "running"):
        columns["state"] = "preempting"
    elif run["state"] in ("pending", "crashed") and request.exit_code is None:
        # The client speaks, so the run is alive after all.
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
        _take_in_rows(db, run, request.history, request.rows)
    if request.exit_code is not None:
        scheduler.process_ended(db, run["id"], request.exit_code)
    now = run_by_id(db, run["id"])
    return now is not None and now["stop_requested_at"] is not None


def _take_in_rows(db: sqlite3.Connection, run: sqlite3.Row, history: Chunk, rows: list[Row]) -> None:
    sweep = None if run["sweep_id"] is None else sweep_by_id(db, run["sweep_id"])
    metric = None if sweep is None else spec_of(sweep["config"]).metric
    name = None if metric is None else metric.name
    if append_history(db, run, history.offset, history.lines, rows, name):
        judge(db, run["sweep_id"])
