"""Introspection: clients up to version 0.22 ask which fields a type has before they use them."""

from collections.abc import Iterable

from server.graphql.nodes.owner import Node

# The fields that these clients ask about, by type. They do not use a field that is not listed.
_FIELDS: dict[str, tuple[str, ...]] = {
    "ServerInfo": ("features", "cliVersionInfo", "latestLocalVersionInfo"),
    "Project": ("artifact", "artifactType", "artifactCollection", "artifactCollectionMembership", "sweep"),
    "Run": ("projectId", "systemMetrics", "summaryMetrics", "sweepName"),
    "Artifact": ("historyStep", "tags", "ttlDurationSeconds", "ttlIsInherited", "files"),
}
_INPUTS: dict[str, tuple[str, ...]] = {
    "CreateArtifactInput": (
        "historyStep",
        "tags",
        "clientID",
        "sequenceClientID",
        "enableDigestDeduplication",
    ),
    "DeleteFilesInput": ("files",),
    "UseArtifactInput": ("entityName", "projectName", "runName", "artifactID"),
    "AddAliasesInput": ("artifactID", "aliases"),
}


def type_node(name: str, queries: Iterable[str], mutations: Iterable[str]) -> Node | None:
    """GraphQL description of the type with this name, or None if the name is unknown."""
    fields = {**_FIELDS, "Query": tuple(queries), "Mutation": tuple(mutations)}.get(name)
    inputs = _INPUTS.get(name)
    if fields is None and inputs is None:
        return None
    return {
        "__typename": "__Type",
        "name": name,
        "fields": [{"name": field, "args": []} for field in fields or ()],
        "inputFields": [{"name": field} for field in inputs or ()],
    }
