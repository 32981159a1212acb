"""The GraphQL fields of a run."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from server.graphql.connection import connection
from server.graphql.context import Context, timestamp
from server.graphql.nodes.artifact_fields import run_artifact_fields
from server.graphql.nodes.owner import Node, project_reference, user_node
from server.storage.records.files import run_files
from server.storage.records.history import MAX_STEP, evenly_spaced, first_step, history_lines, select_rows
from server.storage.records.lines import console_lines, event_lines
from server.storage.records.projects import project_by_id
from server.storage.records.sweeps import sweep_by_id

DEFAULT_SAMPLES = 500
SUMMARY_PREFIX = "_sweepfarm/"
"""Prefix of the summary entries that the server adds; they are removed when a client sends them back."""


def summary_with_stop(run: sqlite3.Row) -> dict[str, Any]:
    """Summary of a run; if the run was stopped, with entries that say why and where."""
    summary: dict[str, Any] = json.loads(run["summary"])
    if run["stop_requested_at"] is not None:
        summary[f"{SUMMARY_PREFIX}stop_kind"] = run["stop_kind"]
        summary[f"{SUMMARY_PREFIX}stop_reason"] = run["stop_reason"]
        if run["stop_rung"] is not None:
            summary[f"{SUMMARY_PREFIX}stop_rung"] = run["stop_rung"]
            summary[f"{SUMMARY_PREFIX}stop_step"] = run["stop_step"]
    return summary


def run_node(context: Context, run: sqlite3.Row) -> Node:
    """GraphQL run; fields that take long to compute are functions, called only when they are selected."""

    def project(_: Any = None) -> Node:
        with context.read() as db:
            return project_reference(project_by_id(db, run["project_id"]))

    def sweep_name(_: Any) -> str | None:
        if run["sweep_id"] is None:
            return None
        with context.read() as db:
            sweep = sweep_by_id(db, run["sweep_id"])
        return None if sweep is None else str(sweep["name"])

    def history(arguments: Mapping[str, Any]) -> list[str]:
        low, high = arguments.get("minStep"), arguments.get("maxStep")
        samples = int(arguments.get("samples") or DEFAULT_SAMPLES)
        with context.read() as db:
            if low is not None or high is not None:
                return history_lines(db, run["id"], int(low or 0), int(high or MAX_STEP), samples)
            return evenly_spaced(history_lines(db, run["id"]), samples)

    def events(arguments: Mapping[str, Any]) -> list[str]:
        with context.read() as db:
            return evenly_spaced(event_lines(db, run["id"]), int(arguments.get("samples") or DEFAULT_SAMPLES))

    def sampled_history(arguments: Mapping[str, Any]) -> list[list[Any]]:
        specs = arguments.get("specs") or []
        return [_sampled(context, run["id"], spec) for spec in ([specs] if isinstance(specs, str) else specs)]

    def parquet_history(_: Any) -> Node:
        # No parquet file is ever exported, so all steps are in the live data.
        with context.read() as db:
            first = first_step(db, run["id"])
        return {"parquetUrls": [], "liveData": [] if first is None else [{"_step": first}]}

    def tail(lines_of: Any) -> str:
        with context.read() as db:
            return json.dumps(lines_of(db, run["id"])[-1:])

    def files(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            rows = run_files(db, run["id"], arguments.get("names"), arguments.get("pattern"))
        base = run_url(context, project(), run["name"])
        return connection(rows, arguments, lambda file: _file_node(base, file))

    def file_count(_: Any) -> int:
        with context.read() as db:
            return len(run_files(db, run["id"]))

    def wandb_config(arguments: Mapping[str, Any]) -> str:
        internal = json.loads(run["config"]).get("_wandb", {}).get("value", {})
        return json.dumps({key: internal.get(key, {}) for key in arguments.get("keys") or []})

    def log_lines(arguments: Mapping[str, Any]) -> Node:
        with context.read() as db:
            rows = console_lines(db, run["id"])
        return connection(rows, arguments, _log_line_node)

    def history_keys(_: Any) -> Node:
        counts = json.loads(run["history_keys"])
        last = json.loads(run["history_last"])
        # Counts exist for top-level keys only; a nested metric gets the count of its top-level key.
        counts |= {name: counts.get(name.partition(".")[0], 0) for name in last.keys() - counts.keys()}
        return {
            "sets": [],
            "keys": {
                key: {"typeCounts": [{"type": "number", "count": count}], "previousValue": last.get(key)}
                for key, count in counts.items()
            },
            "lastStep": run["last_step"],
        }

    return {
        "__typename": "Run",
        "id": f"Run:{run['id']}",
        "projectId": str(run["project_id"]),
        "project": project,
        "name": run["name"],
        "displayName": run["display_name"],
        "description": run["description"],
        "notes": run["notes"],
        "tags": json.loads(run["tags"]),
        "group": run["group_name"],
        "groupName": run["group_name"],
        "jobType": run["job_type"],
        "host": run["host"],
        "commit": run["git_commit"],
        "state": run["state"],
        "config": run["config"],
        "summaryMetrics": lambda _: json.dumps(summary_with_stop(run)),
        "systemMetrics": run["system_metrics"],
        "wandbConfig": wandb_config,
        "sweepName": sweep_name,
        "readOnly": False,
        "createdAt": timestamp(run["created_at"]),
        "updatedAt": timestamp(run["heartbeat_at"] or run["created_at"]),
        "heartbeatAt": timestamp(run["heartbeat_at"] or run["created_at"]),
        "user": lambda _: user_node(context),
        "exitcode": run["exit_code"],
        "shouldStop": run["stop_requested_at"] is not None,
        "stopped": run["state"] == "killed",
        "failed": run["state"] in ("failed", "crashed"),
        "running": run["state"] in ("running", "preempting"),
        "historyLineCount": run["history_lines"],
        "eventsLineCount": run["event_lines"],
        "logLineCount": run["log_lines"],
        "historyKeys": history_keys,
        "history": history,
        "events": events,
        "sampledHistory": sampled_history,
        "parquetHistory": parquet_history,
        "historyTail": lambda _: tail(history_lines),
        "eventsTail": lambda _: tail(event_lines),
        "files": files,
        "fileCount": file_count,
        "logLines": log_lines,
        **run_artifact_fields(context, run["id"]),
    }


def run_url(context: Context, project: Node, run_name: str) -> str:
    """URL of the folder of a run's files."""
    parts = (project["entityName"], project["name"], run_name)
    return f"{context.base_url}/files/{'/'.join(quote(part, safe='') for part in parts)}"


def _sampled(context: Context, run_id: int, spec_text: str) -> list[Any]:
    spec = json.loads(spec_text)
    keys = spec.get("keys") or []
    if not keys:
        return []
    with context.read() as db:
        # Here `maxStep` is inclusive, unlike in the field `history`.
        lines = history_lines(db, run_id, spec.get("minStep", 0), spec.get("maxStep", MAX_STEP - 1) + 1)
    return select_rows(lines, keys, int(spec.get("samples") or DEFAULT_SAMPLES))


def _file_node(base: str, file: sqlite3.Row) -> Node:
    url = f"{base}/{quote(file['name'])}"
    return {
        "__typename": "File",
        "id": f"File:{file['id']}",
        "name": file["name"],
        "url": url,
        "directUrl": url,
        "sizeBytes": file["size"],
        "mimetype": file["mimetype"],
        "md5": file["md5"],
        "updatedAt": timestamp(file["updated_at"]),
    }


def _log_line_node(row: sqlite3.Row) -> Node:
    try:
        parsed = json.loads(row["data"])
    except ValueError:
        parsed = None
    entry = parsed if isinstance(parsed, dict) and "content" in parsed else {"content": row["data"]}
    return {
        "number": row["line"],
        "timestamp": entry.get("ts"),
        "level": entry.get("level"),
        "label": entry.get("label"),
        "line": entry["content"],
    }
