"""The root fields of mutations, by name."""

from server.graphql.changes.artifact import ARTIFACT_MUTATIONS
from server.graphql.changes.run import RUN_MUTATIONS
from server.graphql.changes.sweep import SWEEP_MUTATIONS
from server.graphql.context import Context
from server.graphql.execute import Arguments, Resolver, input_of
from server.graphql.nodes.owner import Node
from server.graphql.nodes.sweep import project_node
from server.storage.records.projects import ensure_project, find_project, project_by_id


def _upsert_model(context: Context, arguments: Arguments) -> Node:
    inputs = input_of(arguments)
    entity = context.entity(inputs.get("entityName") or inputs.get("entity_name"))
    name = str(inputs.get("name"))
    with context.read() as db:
        inserted = find_project(db, entity, name) is None
    project = context.service.database.write(lambda db: ensure_project(db, entity, name))
    with context.read() as db:
        node = project_node(context, project_by_id(db, project["id"]))
    return {"project": node, "model": node, "inserted": inserted}


MUTATIONS: dict[str, Resolver] = {
    **SWEEP_MUTATIONS,
    **RUN_MUTATIONS,
    **ARTIFACT_MUTATIONS,
    "upsertModel": _upsert_model,
}
