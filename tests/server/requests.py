"""Single requests of the W&B protocol, as clients send them."""

import json
import sqlite3
from itertools import count
from typing import Any

import yaml

from server.storage.database import DATABASE
from tests.server_fixture import RunningServer

_HOSTS = count()


def new_sweep(server: RunningServer, config: dict[str, Any], project: str = "p") -> str:
    data = server.graphql(
        "mutation($c: String!, $p: String) { upsertSweep(input: {config: $c, projectName: $p})"
        " { sweep { name } } }",
        c=yaml.safe_dump(config),
        p=project,
    )
    return str(data["upsertSweep"]["sweep"]["name"])


def new_agent(server: RunningServer, sweep: str, host: str | None = None) -> str:
    """Register an agent and return its name. Without `host` it is on a host of its own."""
    data = server.graphql(
        "mutation($s: String!, $h: String!) { createAgent(input: {sweep: $s, host: $h}) { agent { id } } }",
        s=sweep,
        h=host or f"host-{next(_HOSTS)}",
    )
    return str(data["createAgent"]["agent"]["id"])


def beat(server: RunningServer, agent: str, *alive: str) -> list[dict[str, Any]]:
    data = server.graphql(
        "mutation($i: ID!, $r: JSONString) { agentHeartbeat(input: {id: $i, runState: $r})"
        " { agent { id } commands } }",
        i=agent,
        r=json.dumps(dict.fromkeys(alive, True)),
    )
    commands: list[dict[str, Any]] = json.loads(data["agentHeartbeat"]["commands"])
    return commands


def init(server: RunningServer, run: str, project: str = "p", **more: Any) -> dict[str, Any]:
    data = server.graphql(
        "mutation($i: UpsertBucketInput!) { upsertBucket(input: $i) { inserted bucket"
        " { id name state config sweepName historyLineCount project { name entity { name } } } } }",
        i={"name": run, "modelName": project, **more},
    )
    bucket: dict[str, Any] = data["upsertBucket"]["bucket"]
    return bucket


def stream(server: RunningServer, run: str, project: str = "p", **body: Any) -> dict[str, Any]:
    status, answer = server.post(f"/files/local/{project}/{run}/file_stream", body)
    assert status == 200, answer
    return dict(answer)


def rows_from(offset: int, values: list[float], key: str = "score") -> dict[str, Any]:
    lines = [json.dumps({key: value, "_step": offset + i}) for i, value in enumerate(values)]
    return {"wandb-history.jsonl": {"offset": offset, "content": lines}}


def let_pass(server: RunningServer, seconds: float) -> None:
    """Simulate elapsed time: shift the server's stored times of all agents and runs back by `seconds`."""
    with sqlite3.connect(server.data / DATABASE, timeout=30) as db:
        db.execute("UPDATE run SET assigned_at = assigned_at - ?", (seconds,))
        db.execute(
            "UPDATE agent SET heartbeat_at = heartbeat_at - ?, created_at = created_at - ?",
            (seconds, seconds),
        )
    db.close()


def state_of(server: RunningServer, sweep: str, run: str) -> str:
    return str(next(row["state"] for row in server.rows(sweep) if row["id"] == run))
