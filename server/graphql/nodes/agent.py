"""The GraphQL fields of an agent."""

import sqlite3

from server.graphql.connection import connection
from server.graphql.context import Context, timestamp
from server.graphql.nodes.owner import Node
from server.graphql.nodes.run import run_node
from server.storage.records.agents import agent_runs


def agent_node(context: Context, agent: sqlite3.Row) -> Node:
    """GraphQL agent with the runs that were assigned to it."""

    def rows() -> list[sqlite3.Row]:
        with context.read() as db:
            return agent_runs(db, agent["id"])

    return {
        "__typename": "Agent",
        "id": f"Agent:{agent['name']}",
        "name": agent["name"],
        "host": agent["host"],
        "state": agent["state"],
        "totalRuns": lambda _: len(rows()),
        "createdAt": timestamp(agent["created_at"]),
        "heartbeatAt": timestamp(agent["heartbeat_at"]),
        "runs": lambda arguments: connection(
            rows(), arguments, lambda row: run_node(context, row), "RunConnection"
        ),
    }
